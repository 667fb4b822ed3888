import Basics
import Foundation
import Synchronization

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
      if isHere {
        guard let now = Host.start(of: process) else {
          return kill(process, 0) != 0 && errno == ESRCH
        }
        return start != 0 && now != start
      }
      if let job, job == Self.own.job, restart ?? 0 < Self.own.restart ?? 0 { return true }
      return machine != nil && machine == Host.machine && boot != Host.boot
    }

    /// What `TakeOver.worker` knows it by.
    package var key: String { "\(host):\(process):\(start)" }

    /// What messages call it.
    package var name: String {
      "process \(process) on \(host)" + (job.map { " (job \($0))" } ?? "")
    }
  }

  private let path: String
  private var isHeld = true

  /// The guards that this process holds.
  private static let held = Mutex<Set<String>>([])

  private init(_ path: String) {
    self.path = path
    _ = Self.held.withLock { $0.insert(path) }
  }

  deinit { release() }

  /// Takes the part called `unit` of the run in the folder `run`.
  ///
  /// - Parameter takingOver: which processes on other machines are known to be dead.
  /// - Throws: `Failure` of kind `busy` naming who has it, `cannotCreate` if the folder cannot be written.
  package static func take(
    _ unit: String, of run: String, takingOver: TakeOver
  ) throws -> UnitGuard {
    let path = path(of: unit, in: run)
    try Files.makeFolder((path as NSString).deletingLastPathComponent)
    return try take(path, takingOver, depth: 0)
  }

  private static func take(
    _ path: String, _ takingOver: TakeOver, depth: Int
  ) throws -> UnitGuard {
    let own = try data(.own)
    // Whoever has it may let go of it between two looks.
    for _ in 0..<8 {
      if try Files.createNew(own, at: path) { return UnitGuard(path) }
      guard let found = try read(path) else { continue }
      let holder = try holder(found, at: path)
      guard depth < 4, holder.isDead || takingOver.allows(holder) else {
        throw busy(path, holder)
      }
      // One at a time takes this very guard over, and finds it as it was.
      let claim = try take(
        "\(path).\(Digest.hex(Digest.sha256(found)).prefix(16))", takingOver, depth: depth + 1)
      defer { claim.release() }
      guard let now = try read(path), now == found else { continue }
      try Files.writeAtomically(own, to: path)
      return UnitGuard(path)
    }
    throw Failure(.busy, "\(path): is taken and let go of again and again; try later")
  }

  /// Lets go of it.
  package func release() {
    guard isHeld else { return }
    isHeld = false
    _ = Self.held.withLock { $0.remove(path) }
    guard let found = try? Self.read(path), let own = try? Self.data(.own), found == own else {
      return
    }
    unlink(path)
  }

  /// Makes sure that what this process holds of the run in the folder `run` has not been taken over.
  ///
  /// - Throws: `Failure` of kind `busy` naming by whom.
  package static func requireHeld(in run: String) throws {
    let folder = folder(in: run) + "/"
    let paths = held.withLock { $0.filter { $0.hasPrefix(folder) } }
    for path in paths {
      // One that was let go of meanwhile is missed by nobody.
      guard let found = try read(path), held.withLock({ $0.contains(path) }) else { continue }
      let holder = try holder(found, at: path)
      if holder != .own { throw busy(path, holder) }
    }
  }

  /// What stands in the guard at `path`; nil if there is none.
  private static func read(_ path: String) throws -> Data? {
    do {
      return try Files.readOwn(path, limit: limit)
    } catch let failure as Failure where failure.kind == .missingInput { return nil }
  }

  /// Who has the part called `unit` of the run in the folder `run`; nil if nobody has.
  ///
  /// - Throws: `Failure` of kind `badData` if the guard is none.
  package static func holder(of unit: String, in run: String) throws -> Holder? {
    let path = path(of: unit, in: run)
    return try read(path).map { try holder($0, at: path) }
  }

  /// Who has which parts of the run in the folder `run`, sorted by part; not who is known to be dead.
  ///
  /// - Throws: `Failure` of kind `badData` if a guard is none.
  package static func holders(in run: String) throws -> [(unit: String, holder: Holder)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(in: run))) ?? []
    return try names.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted().compactMap {
      let unit = String($0.dropLast(ending.count)).replacing("+", with: "/")
      return try holder(of: unit, in: run).flatMap { $0.isDead ? nil : (unit, $0) }
    }
  }

  /// The folder of the guards of the run in the folder `run`.
  package static func folder(in run: String) -> String { run + "/guards" }

  /// What the guard of the part called `unit` is called; all are in one folder, which is listed at once.
  package static func fileName(of unit: String) -> String {
    unit.replacing("/", with: "+") + ending
  }

  private static let ending = ".guard"

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

/// Which workers on other machines are known to be dead, so that what they hold may be taken over.
public enum TakeOver: Sendable, Equatable {
  case none, all
  /// One, as `tickets jobs status --json` names it: host, process and start, separated by colons.
  case worker(String)

  func allows(_ holder: UnitGuard.Holder) -> Bool {
    switch self {
    case .none: false
    case .all: !holder.isHere
    case .worker(let key): !holder.isHere && holder.key == key
    }
  }
}
