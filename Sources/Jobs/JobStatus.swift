import Basics
import Figures
import Foundation
import Reports
import Runs

/// How far the jobs of a plan have come, from files alone.
public struct JobStatus: Encodable {
  /// How a job stands.
  public enum State: String, Encodable {
    /// Its files are there.
    case done
    /// A worker has it, as far as can be seen from this machine.
    case running
    /// Its worker has ended with an error, or died on this machine.
    case failed
    /// It can be begun, or goes on after a time limit.
    case ready
    /// It needs others that are not done.
    case waiting
  }

  struct Job: Encodable {
    let index: Int, id: String, name: String, state: State, level: Int
    let needs: [Int]
    @OrNull var seconds: Double?
    let memory: Int
    /// Who works on it, or did when it died.
    @OrNull var holder: UnitGuard.Holder?
    /// What `jobs run --take-over-from` knows that worker by.
    @OrNull var worker: String?
    /// What its worker said when it failed.
    @OrNull var message: String?
  }

  /// How many jobs are in each state.
  let done: Int, running: Int, failed: Int, ready: Int, waiting: Int
  let folder: String
  let jobs: [Job]

  /// Looks at the jobs of `plan`.
  ///
  /// One whose guard or note is damaged has failed.
  public init(_ plan: JobPlan) {
    // What is in a folder is listed once, not asked for by name.
    var guards: [String: Set<String>] = [:]
    func has(_ file: String, in folder: String) -> Bool {
      if guards[folder] == nil {
        guards[folder] = Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      }
      return guards[folder]!.contains(file)
    }
    let isDone = plan.jobs.map(\.isDone)
    let jobs = plan.jobs.map { job in
      var (holder, message): (UnitGuard.Holder?, String?)
      var state: State
      let folder = UnitGuard.folder(in: job.run)
      if isDone[job.index] {
        state = .done
      } else {
        state = job.needs.allSatisfy { isDone[$0] } ? .ready : .waiting
        do {
          if has(UnitGuard.fileName(of: job.unit), in: folder) {
            holder = try UnitGuard.holder(of: job.unit, in: job.run)
          }
          if let holder {
            state = holder.isDead ? .failed : .running
            message = holder.isDead ? "died" : nil
          } else if has(JobNote.fileName(of: job), in: folder), let note = try JobNote.read(of: job)
          {
            (state, message) = (.failed, note.message)
          }
        } catch {
          (state, message) = (.failed, "\(error)")
        }
      }
      return Job(
        index: job.index, id: job.id, name: job.name, state: state, level: job.level,
        needs: job.needs, seconds: job.seconds, memory: job.memory, holder: holder,
        worker: holder?.key, message: message)
    }
    func count(_ state: State) -> Int { jobs.count { $0.state == state } }
    (done, running, failed) = (count(.done), count(.running), count(.failed))
    (ready, waiting) = (count(.ready), count(.waiting))
    folder = plan.folder
    self.jobs = jobs
  }

  /// The numbers of the jobs in `states`.
  public func indices(_ states: Set<State>) -> [Int] {
    jobs.filter { states.contains($0.state) }.map(\.index)
  }

  /// The status for people.
  public var text: String {
    var lines = [
      "\(folder): \(done) of \(counted(jobs.count, "job")) done, \(running) running, \(failed) failed, "
        + "\(ready) ready, \(waiting) waiting"
    ]
    for job in jobs where job.state == .running || job.state == .failed {
      lines.append(
        "\(job.index) \(job.name): \(job.state.rawValue)"
          + (job.holder.map { ", \($0.name)" } ?? "") + (job.message.map { ": \($0)" } ?? ""))
    }
    return lines.joined(separator: "\n")
  }
}

/// Why a job failed, beside its guard, until it is begun again.
struct JobNote: Codable {
  let message: String
  let host: String

  private static let limit = 1 << 16

  static func fileName(of job: JobPlan.Job) -> String {
    job.unit.replacing("/", with: "+") + ".failed"
  }

  private static func path(of job: JobPlan.Job) -> String {
    "\(UnitGuard.folder(in: job.run))/\(fileName(of: job))"
  }

  func write(of job: JobPlan.Job) throws {
    try Files.makeFolder(UnitGuard.folder(in: job.run))
    try SealedJSON.write(JSONEncoder().encode(self), to: Self.path(of: job))
  }

  static func remove(of job: JobPlan.Job) { unlink(path(of: job)) }

  static func exists(of job: JobPlan.Job) -> Bool { access(path(of: job), F_OK) == 0 }

  /// - Throws: `Failure` of kind `badData` if it is damaged.
  static func read(of job: JobPlan.Job) throws -> JobNote? {
    guard exists(of: job) else { return nil }
    let path = path(of: job)
    guard let data = try? SealedJSON.open(Files.readOwn(path, limit: limit), named: path),
      let note = try? JSONDecoder().decode(JobNote.self, from: data)
    else { throw Failure(.badData, "\(path): is no note of a failed job; remove it") }
    return note
  }
}
