import Basics
import Comparisons
import Foundation
import Reports
import Runs
import Sharing

/// Does jobs of a plan.
public struct JobRunner {
  private let plan: JobPlan
  private let file: String
  private let jobs: Int, checkpointSeconds: Double, takesOver: TakeOver
  private let progress: ProgressDisplay

  /// Does jobs of the `plan` in `file`.
  ///
  /// - Parameters:
  ///   - jobs: cores to use.
  ///   - takesOver: which workers on other machines are known to be dead.
  public init(
    _ plan: JobPlan, file: String, jobs: Int, checkpointSeconds: Double, takesOver: TakeOver,
    progress: ProgressDisplay
  ) {
    (self.plan, self.file, self.jobs) = (plan, file, jobs)
    (self.checkpointSeconds, self.takesOver) = (checkpointSeconds, takesOver)
    self.progress = progress
  }

  /// Does job `index`; one that is done at once.
  ///
  /// - Parameter id: what its id must be, for those who were told of it before the plan was made anew.
  /// - Throws: `Failure` of kind `busy` if what it needs is not done, somebody else does it, or a signal
  ///   has asked it to stop: again, please. Of other failures the run keeps a note.
  public func run(_ index: Int, id: String? = nil) throws {
    let job = try plan.job(index)
    if let id, id != job.id {
      throw Failure(
        .usage, setting: "id", value: id,
        "job \(index) of \(file) is another one (\(job.name), \(job.id)): the plan has been made anew"
      )
    }
    guard !job.isDone else { return }
    if let open = job.needs.map({ plan.jobs[$0] }).first(where: { !$0.isDone }) {
      throw Failure(
        .busy,
        "\(job.name): needs job \(open.index) (\(open.name)), which is not done; run it again later"
      )
    }
    let run = try RunDirectory.openForUnit(job.run)
    JobNote.remove(of: job)
    do {
      try work(on: job, of: run)
    } catch let failure as Failure where failure.kind == .interrupted {
      throw Failure(.busy, "\(job.name): stopped at a checkpoint; run it again to go on")
    } catch let failure as Failure where failure.kind == .busy {
      throw failure
    } catch {
      try? JobNote(message: "\(error)", host: Host.name).write(of: job)
      throw error
    }
  }

  private func work(on job: JobPlan.Job, of run: RunDirectory) throws {
    if job.part == .evaluate {
      try run.holding("evaluate", takingOver: takesOver) {
        try evaluate(run)
        // The table of a comparison then finds its scores.
        if Comparison.exists(plan.folder) {
          let folder = String(job.run.dropFirst(plan.folder.count + 1))
          try Comparison.open(plan.folder, []).keepScores(ofRun: folder, jobs: jobs)
        }
        // Scores of fewer networks may have been there before.
        try Files.writeAtomically(Data(), to: job.outputs.last!)
      }
    } else {
      let resources = StageResources(
        jobs: jobs, checkpointSeconds: checkpointSeconds, progress: progress, unit: job.unit,
        takesOver: takesOver)
      try StageRunner.open(run, resources).work(on: job.part)
    }
    guard job.isDone else {
      throw Failure(
        .inputOutput, "\(job.name): its results could not be kept; is there room for them?")
    }
  }

  private func evaluate(_ run: RunDirectory) throws {
    let split: RunData.Split = run.recipe.taskWithoutTest == nil ? .test : .dev
    let report = try EvaluationReport.evaluate(run, split: split, jobs: jobs)
    for warning in report.warnings { progress.say("warning: \(warning)") }
  }

  /// Works on whatever is ready until nothing is left that this process could do: one of `size` workers
  /// of a fixed allocation, the `rank`-th, which begins at its own part of the plan.
  ///
  /// - Parameter wait: seconds between two looks while others work on what is needed.
  /// - Throws: `Failure` of kind `busy` when a signal has asked it to stop; of kind `inputOutput` at the
  ///   end, if jobs have failed.
  public func runAll(rank: Int, of size: Int, wait: Double) throws {
    let start = plan.jobs.count * rank / max(1, size)
    let order = Array(plan.jobs.indices[start...]) + plan.jobs.indices[..<start]
    var failed: Set<Int> = []
    var told: Set<String> = []
    // What others of the allocation have failed at meanwhile need not be tried again.
    let notes = Set(plan.jobs.indices.filter { JobNote.exists(of: plan.jobs[$0]) })
    while true {
      var (isOpen, hasWorked) = (false, false)
      for index in order where !failed.contains(index) && !plan.jobs[index].isDone {
        let job = plan.jobs[index]
        if job.needs.contains(where: failed.contains) {
          failed.insert(index)
          continue
        }
        isOpen = true
        guard job.needs.allSatisfy({ plan.jobs[$0].isDone }) else { continue }
        if !notes.contains(index), JobNote.exists(of: job) {
          failed.insert(index)
          continue
        }
        do {
          try run(index)
          hasWorked = true
        } catch let failure as Failure where failure.kind == .busy {
          try Interrupt.checkForJobs()
          // Waiting for the dead has no end.
          if told.insert(failure.message).inserted {
            progress.say("\(job.name): \(failure.message)")
          }
        } catch {
          progress.say("\(job.name): \(error)")
          failed.insert(index)
        }
        try Interrupt.checkForJobs()
      }
      guard isOpen else { break }
      if !hasWorked { try Interrupt.sleep(seconds: wait) }
    }
    guard failed.isEmpty else {
      throw Failure(
        .inputOutput,
        "\(failed.count) of \(plan.jobs.count) jobs failed or need one that did; "
          + "'tickets jobs status \(file)' names them")
    }
  }
}
