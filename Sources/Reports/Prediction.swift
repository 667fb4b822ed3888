import Basics
import Corpora
import Foundation
import Recipes
import Runs
import Sharing
import Training

/// Labels for a column file: the same lines with a predicted column for each task.
public struct Prediction {
  /// The labelled file.
  public let text: Data
  /// The scores [N, C] of every task, tokens in the file's order; none unless asked for.
  public let logits: [(task: String, classes: Int, values: [Float])]

  /// From how many tokens on sparse products win more time than it takes to prepare them.
  private static let worthSparse = 1000

  /// Labels `data`, called `name` in errors, with the tasks `names` (all if empty).
  ///
  /// Lines that hold no token (comments, blank lines, document marks) stay as they are.
  public static func predict(
    _ run: RunDirectory, sharing: String?, tasks names: [String], data: Data, named name: String,
    wordColumn: Int?, wantsLogits: Bool, jobs: Int
  ) throws -> Prediction {
    let networks = try TrainedNetworks(run)
    let recipe = run.recipe
    let architecture = try networks.architecture(sharing)
    let indices =
      try names.isEmpty ? Array(recipe.tasks.indices) : names.uniqued().map(recipe.index(ofTask:))
    let wordColumns = Set(indices.map { recipe.wordColumn(of: recipe.tasks[$0]) })
    guard let column = wordColumn ?? (wordColumns.count == 1 ? wordColumns.first : nil) else {
      throw Failure(
        .usage, setting: "word-column",
        "missing; the tasks read their words from different columns")
    }
    let format = try ColumnFormat(wordColumn: column, tasks: [])
    let corpus = try Corpus(data, named: name, format: format)
    if corpus.tokenCount < worthSparse && recipe.execution == .auto {
      networks.execution = .dense
    }
    let encoded = EncodedCorpus(corpus, networks.vocabulary)
    var columns: [[String]] = []
    var logits: [(task: String, classes: Int, values: [Float])] = []
    for index in indices {
      let (network, own) = try networks.network(architecture, task: index)
      let evaluation = Evaluation(network, threads: { jobs })
      let task = try networks.vocabulary.task(recipe.tasks[index].name)
      let labels = evaluation.labels(of: own, encoded)
      columns.append(
        (0..<corpus.sentenceCount).flatMap {
          task.fileLabels(labels[corpus.range(ofSentence: $0)])
        })
      guard wantsLogits else { continue }
      logits.append((task.name, task.labels.count, evaluation.scores(of: own, encoded)))
    }
    return Prediction(text: append(columns, to: data, at: corpus.lines), logits: logits)
  }

  /// Writes the scores as a safetensors file, a tensor [N, C] for each task.
  public func writeLogits(to path: String) throws {
    try SafeTensors.write(
      logits.map { task, classes, values in
        SafeTensors.Tensor(task, shape: [values.count / classes, classes], floats: values)
      }, to: path)
  }

  /// `data` with the `columns` behind the lines with the numbers `lines` (from 1).
  private static func append(_ columns: [[String]], to data: Data, at lines: [Int32]) -> Data {
    let newline = UInt8(ascii: "\n")
    let carriage = UInt8(ascii: "\r")
    var result = Data()
    result.reserveCapacity(2 * data.count)
    var token = 0
    let rows = data.split(separator: newline, omittingEmptySubsequences: false)
    // As the reader does it: the first token line tells how columns are separated.
    let first = lines.first.map { rows[Int($0) - 1] } ?? Data()
    let isTabbed = first.contains(UInt8(ascii: "\t")) || !first.contains(UInt8(ascii: " "))
    let separator = isTabbed ? "\t" : " "
    for (index, line) in rows.enumerated() {
      if index > 0 { result.append(newline) }
      guard token < lines.count, lines[token] == index + 1 else {
        result.append(line)
        continue
      }
      let ending = line.last == carriage ? 1 : 0
      result.append(line.dropLast(ending))
      for column in columns { result.append(contentsOf: (separator + column[token]).utf8) }
      if ending == 1 { result.append(carriage) }
      token += 1
    }
    return result
  }
}
