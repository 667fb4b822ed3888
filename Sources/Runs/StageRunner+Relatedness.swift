import Basics
import Corpora
import Foundation
import Recipes
import Scoring
import Sharing
import Tensors
import Training

extension StageRunner {
  /// Measures how much each task's network knows of the others (Parameters Read–Write Networks,
  /// "Empirical Methods for Obtaining Weight Lists"): for every task the network of its own, that of
  /// `single`, is trained, and scored on every task's dev data. Kept in the run when done.
  ///
  /// - Throws: `Failure` of kind `usage` if the tasks have different labels.
  @discardableResult
  public func measureRelatedness() throws -> Relatedness {
    if let known = try run.relatedness() { return known }
    try Relatedness.require(data.map(\.train))
    let single = try Architecture.existing("single")
    try train(single)
    let networks = try TrainedNetworks(run)
    let threads = resources.threads
    let scores = try data.indices.map { source in
      let (network, own) = try networks.network(single, task: source)
      let labels = data[source].train.task
      return try data.map { target in
        try Interrupt.check()
        let dev = target.dev
        let evaluation = Evaluation(network, threads: threads)
        if labels.kind == .regression {
          return Score(values: evaluation.scores(of: own, dev.encoded), for: dev).value
        }
        let predicted = evaluation.labels(of: own, dev.encoded)
        return try Score(fileLabels: labels.written(predicted, in: dev.encoded.corpus), for: dev)
          .value
      }
    }
    let found = Relatedness(tasks: recipe.tasks.map(\.name), scores: scores)
    try found.write(to: run.relatednessFile)
    try say("relatedness of the tasks: measured")
    return found
  }

  /// β of communication where the recipe asks for measured ones, which are measured now if they are
  /// not yet.
  func measuredWeights() throws -> [[Float]]? {
    guard recipe.steps.measuresWeights, tasks.count > 1 else { return nil }
    return try measureRelatedness().weights(root: recipe.steps.passingRoot)
      .map { $0.map { Float($0) } }
  }
}

extension TaskVocabulary {
  /// Predicted ids of a corpus's tokens or texts as its files write labels.
  fileprivate func written(_ ids: [Int32], in corpus: Corpus) -> [String] {
    guard level == .token else { return fileLabels(ids) }
    return (0..<corpus.sentenceCount).flatMap { fileLabels(ids[corpus.range(ofSentence: $0)]) }
  }
}

/// How well the network of each task does on the data of every other.
public struct Relatedness: Codable, Equatable, Sendable {
  /// The tasks, in the recipe's order; M of them.
  public let tasks: [String]
  /// V [M, M]: the dev score on task j, a column, of the network that was trained on task i, a row.
  public let scores: [[Double]]

  /// The scores V of `tasks`, row by row.
  package init(tasks: [String], scores: [[Double]]) {
    self.tasks = tasks
    self.scores = scores
  }

  /// Checks that the network of each of the tasks can be scored on the data of all.
  ///
  /// - Throws: `Failure` of kind `usage` naming two with different labels.
  static func require(_ tasks: [TaskData]) throws {
    func isAlike(_ a: TaskVocabulary, _ b: TaskVocabulary) -> Bool {
      a.level == b.level && a.kind == b.kind && a.scheme == b.scheme
        && Set(a.labels) == Set(b.labels)
    }
    guard let other = tasks.first(where: { !isAlike($0.task, tasks[0].task) }) else { return }
    throw Failure(
      .usage, setting: "passing-weights", value: "measured",
      "tests a task's network on another task's data, but \(tasks[0].task.name) and "
        + "\(other.task.name) have different labels; choose equal, or give a table")
  }

  /// β (the same, equation 11): v^(1/q) with v = min(V_ij / V_jj, 1), 1 on the diagonal, and where a
  /// task's own network knows nothing of it.
  ///
  /// - Parameter root: q.
  public func weights(root: Double) -> [[Double]] {
    scores.enumerated().map { i, row in
      row.enumerated().map { j, score in
        let own = scores[j][j]
        return i == j || own <= 0 ? 1 : pow(max(0, min(score / own, 1)), 1 / root)
      }
    }
  }

  fileprivate func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try SealedJSON.write(encoder.encode(self), to: path)
  }
}

extension RunDirectory {
  /// How well each task's network does on the others' data; nil if it is not measured.
  ///
  /// - Throws: `Failure` of kind `badData` if the file is damaged or of other tasks.
  public func relatedness() throws -> Relatedness? {
    guard FileManager.default.fileExists(atPath: relatednessFile) else { return nil }
    let bytes = try SealedJSON.read(relatednessFile, limit: 1 << 24)
    let tasks = recipe.tasks.map(\.name)
    guard let found = try? JSONDecoder().decode(Relatedness.self, from: bytes),
      found.tasks == tasks, found.scores.count == tasks.count,
      found.scores.allSatisfy({ row in
        row.count == tasks.count && row.allSatisfy { (-1...1).contains($0) }
      })
    else {
      throw Failure(
        .badData, "\(relatednessFile): is damaged; remove it to have it measured again")
    }
    return found
  }
}
