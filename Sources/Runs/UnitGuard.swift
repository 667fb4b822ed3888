import Basics
import Foundation

/// Says that one process works on a part of a run: a file in `guards/` that only one can make. Workers on
/// several machines share a run by taking different parts.
///
/// An engine runs every job once, so that this only guards against mistakes: there are no leases and no
/// clocks. The guard of a process that has died on this machine is taken over; whether one on another
/// machine lives cannot be seen from here, so it is taken over only by who says so.
package final class UnitGuard {
  /// Who works.
  package struct Holder: Codable, Equatable, Sendable {
    /// The machine's name, and what tells it from others, also when it has been started again.
    package let host: String, machine: String?, boot: String, identity: String
    package let process: Int32
    /// When the process began, in its machine's clock ticks: numbers of processes come again.
    let start: Int
    /// What the engine calls its job, and how often it had begun that before; nil without one.
    package let job: String?, restart: Int?

    /// This process.
    static let own = Holder(
      host: Host.name, machine: Host.machine, boot: Host.boot, identity: Host.identity,
      process: getpid(),
      start: Host.start(of: getpid()) ?? 0, job: engineJob, restart: engineRestart)

    /// What Slurm calls the job of this process.
    private static let engineJob: String? = {
      let values = ProcessInfo.processInfo.environment
      if let array = values["SLURM_ARRAY_JOB_ID"], let task = values["SLURM_ARRAY_TASK_ID"] {
        return "\(array)_\(task)"
      }
      return values["SLURM_JOB_ID"]
    }()

    /// How often Slurm had begun it before.
    private static let engineRestart =
      ProcessInfo.processInfo.environment["SLURM_RESTART_COUNT"].flatMap { Int($0) }

    /// Whether it is a process of this machine.
    package var isHere: Bool { identity == Host.identity }

    /// Whether it is known to be dead: there is no such process here any more, this machine has been
    /// started again since, or the engine has begun its job again, as this process.
    package var isDead: Bool {
      if isHere { return Host.start(of: process) != start }
      if let job, job == Self.own.job, restart ?? 0 < Self.own.restart ?? 0 { return true }
      return machine != nil && machine == Host.machine && boot != Host.boot
    }

    /// What messages call it.
    package var name: String {
      "process \(process) on \(host)" + (job.map { " (job \($0))" } ?? "")
    }
  }

  private let path: String
  private var isHeld = true

  private init(_ path: String) { self.path = path }

  deinit { release() }

  /// Takes the part called `unit` of the run in the folder `run`.
  ///
  /// - Parameter takingOver: whether a process on another machine is known to be dead.
  /// - Throws: `Failure` of kind `busy` naming who has it, `cannotCreate` if the folder cannot be written.
  static func take(_ unit: String, of run: String, takingOver: Bool) throws -> UnitGuard {
    let path = path(of: unit, in: run)
    try Files.makeFolder((path as NSString).deletingLastPathComponent)
    return try take(path, takingOver, depth: 0)
  }

  private static func take(_ path: String, _ takingOver: Bool, depth: Int) throws -> UnitGuard {
    let own = try data(.own)
    // Whoever has it may let go of it between two looks.
    for _ in 0..<8 {
      if try Files.createNew(own, at: path) { return UnitGuard(path) }
      guard let found = try? Files.read(path, limit: limit) else { continue }
      let holder = try holder(found, at: path)
      guard depth < 4, holder.isDead || takingOver && !holder.isHere else {
        throw busy(path, holder)
      }
      // One at a time takes this very guard over, and finds it as it was.
      let claim = try take(
        "\(path).\(Digest.hex(Digest.sha256(found)).prefix(16))", takingOver, depth: depth + 1)
      defer { claim.release() }
      guard let now = try? Files.read(path, limit: limit), now == found else { continue }
      try Files.writeAtomically(own, to: path)
      return UnitGuard(path)
    }
    throw Failure(.busy, "\(path): is taken and let go of again and again; try later")
  }

  /// Lets go of it.
  func release() {
    guard isHeld else { return }
    isHeld = false
    guard let found = try? Files.read(path, limit: Self.limit), let own = try? Self.data(.own),
      found == own
    else { return }
    unlink(path)
  }

  /// Who has the part called `unit` of the run in the folder `run`; nil if nobody has.
  ///
  /// - Throws: `Failure` of kind `badData` if the guard is none.
  package static func holder(of unit: String, in run: String) throws -> Holder? {
    let path = path(of: unit, in: run)
    guard let found = try? Files.read(path, limit: limit) else { return nil }
    return try holder(found, at: path)
  }

  /// The folder of the guards of the run in the folder `run`.
  package static func folder(in run: String) -> String { run + "/guards" }

  /// What the guard of the part called `unit` is called; all are in one folder, which is listed at once.
  package static func fileName(of unit: String) -> String {
    unit.replacing("/", with: "+") + ".guard"
  }

  private static func path(of unit: String, in run: String) -> String {
    "\(folder(in: run))/\(fileName(of: unit))"
  }

  private static let limit = 1 << 12

  private static func data(_ holder: Holder) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(holder) + Data("\n".utf8)
  }

  private static func holder(_ data: Data, at path: String) throws -> Holder {
    guard let holder = try? JSONDecoder().decode(Holder.self, from: data) else {
      throw Failure(.badData, "\(path): does not say who works; if nobody does, remove it")
    }
    return holder
  }

  private static func busy(_ path: String, _ holder: Holder) -> Failure {
    let part = (path as NSString).lastPathComponent.replacing("+", with: "/")
    let run = ((path as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
    return Failure(
      .busy,
      "\(run): \(holder.name) works on \(part.prefix { $0 != "." })"
        + (holder.isHere
          ? "; wait for it or stop it, then run this again"
          : "; if it is dead, give --take-over"))
  }
}
