import Basics
import Figures
import Foundation
import Recipes
import Runs
import Sharing

/// What can be done for a run or a comparison, job by job, for an engine that decides where and when.
///
/// Results do not depend on who does which job: a job is a part of a run (`RunUnit`).
public struct JobPlan: Codable, Sendable {
  /// One job.
  public struct Job: Codable, Sendable {
    /// Its place in the plan, from 0.
    public let index: Int
    /// The SHA-256, in 16 hexadecimal digits, of the settings and data it computes from.
    public let id: String
    /// What people call it: `seed-1 prune ner`.
    public let name: String
    /// The folder of its run.
    public let run: String
    /// The part of the run: `prune/ner`.
    public let unit: String
    /// What does it.
    public let command: [String]
    /// The files of the run that it reads and writes; data files are in the run's record.
    public let inputs: [String], outputs: [String]
    /// The places of the jobs that must be done before.
    public let needs: [Int]
    /// The longest chain of jobs before it.
    public let level: Int
    /// Seconds that it probably takes, on one core of the machine that planned; left out if that is not known.
    public let seconds: Double?
    /// About how many bytes of memory it takes.
    public let memory: Int
  }

  /// The only format there is so far.
  private static let currentFormat = 1
  /// The most jobs of a plan, and bytes of its file.
  static let mostJobs = 200_000
  private static let largestFile = 1 << 28

  private(set) var format = Self.currentFormat
  /// The folder of the run or comparison.
  public let folder: String
  /// The jobs, each behind those it needs.
  public private(set) var jobs: [Job] = []

  init(folder: String) { self.folder = folder }

  /// Adds the jobs of the run in the folder `run`.
  ///
  /// - Parameters:
  ///   - label: what it is called beside others; empty if it is the only one.
  ///   - file: the file of the plan.
  mutating func add(
    _ recipe: Recipe, data: [String: String], _ architectures: [Architecture], run: String,
    label: String, file: String, seconds: ([WorkPlan.Training]) -> Double?, memory: Int
  ) throws {
    let first = jobs.count
    let settings = try jsonText(recipe) + jsonText(data)
    for (unit, needs, trainings) in recipe.units(architectures) {
      let own = needs.map { first + $0 }
      let index = jobs.count
      // Scores are those of the networks there are.
      let scope = unit == .evaluate ? " of " + architectures.map(\.name).joined(separator: ",") : ""
      let id = String(
        Digest.hex(
          Digest.sha256(Data("\(Program.version)\n\(settings)\n\(unit.name)\(scope)".utf8))
        ).prefix(16))
      var outputs = RunDirectory.outputs(of: unit, recipe)
      if unit == .evaluate { outputs.append("results/evaluated-\(id)") }
      jobs.append(
        Job(
          index: index,
          id: id,
          name: (label.isEmpty ? "" : label + " ") + unit.name.replacing("/", with: " "), run: run,
          unit: unit.name, command: ["tickets", "jobs", "run", file, String(index), "--id", id],
          inputs: own.flatMap { jobs[$0].outputs }.uniqued(),
          outputs: outputs.map { "\(run)/\($0)" }, needs: own,
          level: own.map { jobs[$0].level + 1 }.max() ?? 0,
          seconds: unit == .evaluate ? nil : seconds(trainings), memory: memory))
    }
    guard jobs.count <= Self.mostJobs else {
      throw Failure(.usage, "the plan has more than \(Self.mostJobs) jobs; plan fewer runs")
    }
  }

  /// Writes the plan to `path`.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try SealedJSON.write(encoder.encode(self), to: path)
  }

  /// The plan in the file `path`.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` if it is no plan.
  public static func read(_ path: String) throws -> JobPlan {
    try Files.requireRegular(path)
    let data = try SealedJSON.read(path, limit: largestFile)
    guard let plan = try? JSONDecoder().decode(JobPlan.self, from: data),
      plan.format <= currentFormat, (1...mostJobs).contains(plan.jobs.count),
      plan.jobs.enumerated().allSatisfy({ $1.isSound(at: $0, in: plan.folder) })
    else {
      throw Failure(
        .badData, "\(path): is no plan of jobs that this program can read; make it anew with --plan"
      )
    }
    guard Files.isFolder(plan.folder) else {
      throw Failure(
        .missingInput,
        "\(path): is the plan of \(plan.folder), which is not there; where it was moved plan it anew"
      )
    }
    // With a copy of a folder its plan is copied, which is still that of the other one.
    let own = URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
    let isInOther = ["comparison.json", "run.json"].contains {
      FileManager.default.fileExists(atPath: "\(own)/\($0)")
    }
    guard !isInOther || realpath(own) == realpath(plan.folder) else {
      throw Failure(
        .badData,
        "\(path): is the plan of \(plan.folder), not of the folder it is in; plan that anew")
    }
    return plan
  }

  private static func realpath(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().path
  }

  /// Job number `index`.
  ///
  /// - Throws: `Failure` of kind `usage` if there is none.
  public func job(_ index: Int) throws -> Job {
    guard jobs.indices.contains(index) else {
      throw Failure(.usage, "\(index): the plan has the jobs 0 to \(jobs.count - 1)")
    }
    return jobs[index]
  }
}

extension JobPlan.Job {
  /// Whether it can be job `index` of a plan of `folder`: its file may come from anywhere.
  fileprivate func isSound(at index: Int, in folder: String) -> Bool {
    let isWithin =
      run == folder
      || run.hasPrefix(folder + "/") && !run.split(separator: "/").contains { $0.hasPrefix("..") }
    return self.index == index && isWithin && RunUnit(unit) != nil
      && needs.allSatisfy { (0..<index).contains($0) } && (0...index).contains(level)
      && !outputs.isEmpty
      && outputs.allSatisfy { output in
        output.hasPrefix(run + "/") && !output.split(separator: "/").contains("..")
      } && (0..<1e9).contains(seconds ?? 0) && memory >= 0
  }

  /// Whether its files are there.
  var isDone: Bool { outputs.allSatisfy { access($0, F_OK) == 0 } }

  /// Its part of the run.
  var part: RunUnit { RunUnit(unit)! }
}
