import Basics
import Corpora
import Foundation
import Masks
import Sharing
import Training

/// A little of the built-in corpus with two tasks, and a network small enough for unit tests.
struct SmallData {
  let vocabulary: Vocabulary
  let splits: [TaskSplits]
  let tasks: [TaskShape]
  let shape: NetworkShape

  init(head: HeadKind = .softmax, sentences: Int = 40) throws {
    let format = try ColumnFormat(
      wordColumn: 0,
      tasks: [
        TaskSource(name: "pos", source: .column(1)), TaskSource(name: "ner", source: .column(3)),
      ])
    func corpus(_ split: SyntheticCorpus.Split, sentences: Int) throws -> Corpus {
      let text = String(decoding: SyntheticCorpus(seed: 3).text(split), as: UTF8.self)
      let part = text.components(separatedBy: "\n\n").prefix(sentences).joined(separator: "\n\n")
      return try Corpus(Data((part + "\n").utf8), named: "small", format: format)
    }
    let train = try corpus(.train, sentences: sentences)
    let dev = try corpus(.dev, sentences: 15)
    let vocabulary = try Vocabulary(training: [train], encoding: .bioes)
    let encoded = (EncodedCorpus(train, vocabulary), EncodedCorpus(dev, vocabulary))
    splits = try ["pos", "ner"].map {
      TaskSplits(
        train: try TaskData(encoded.0, task: $0), dev: try TaskData(encoded.1, task: $0))
    }
    tasks = splits.map {
      TaskShape(name: $0.train.task.name, classes: $0.train.task.labels.count, head: head)
    }
    var shape = NetworkShape(
      words: vocabulary.words.count, characters: vocabulary.characters.count)
    shape.wordDimension = 6
    shape.characterDimension = 4
    shape.characterFilters = 3
    shape.hidden = 5
    self.shape = shape
    self.vocabulary = vocabulary
  }

  /// A fresh network for the tasks `indices`.
  func network(_ indices: [Int] = [0, 1]) -> HardSharing {
    HardSharing(shape, tasks: indices.map { tasks[$0] }, seed: 1)
  }

  /// Settings for `epochs` epochs.
  static func settings(epochs: Int, _ change: (inout TrainingSettings) -> Void = { _ in })
    -> TrainingSettings
  {
    var settings = TrainingSettings()
    settings.epochs = epochs
    settings.patience = 0
    change(&settings)
    return settings
  }

  /// Trains `network` on the tasks `indices` and gives the weights after the last epoch.
  @discardableResult
  func train(
    _ network: any SharingNetwork, tasks indices: [Int] = [0, 1], _ settings: TrainingSettings
  ) throws -> Weights {
    let trainer = Trainer(
      network, data: indices.map { splits[$0] }, settings: settings, stage: "train")
    var last: Weights?
    try trainer.run(onEpoch: { _ in last = Weights(of: network.parameters) })
    return last!
  }

  /// Random masks of about `density` for the parameters called `names` of `network`.
  static func masks(
    _ network: any SharingNetwork, density: Float, seed: UInt64, only names: Set<String>? = nil
  ) -> MaskSet {
    MaskSet(
      network.parameters.filter { names?.contains($0.name) ?? $0.isPrunable }.map { parameter in
        var stream = RandomStream(seed: seed, "mask", parameter.name)
        var mask = BitMask(repeating: false, count: parameter.count)
        for i in 0..<parameter.count { mask[i] = stream.uniform() < density }
        return .init(name: parameter.name, shape: parameter.shape, mask: mask)
      })
  }
}

extension Weights {
  /// The values of the tensor `name`.
  subscript(name: String) -> [Float]? { entries.first { $0.name == name }?.values }

  /// Whether every number has the same bits.
  func isIdentical(to other: Weights) -> Bool {
    entries.map(\.name) == other.entries.map(\.name)
      && zip(entries, other.entries).allSatisfy {
        $0.values.map(\.bitPattern) == $1.values.map(\.bitPattern)
      }
  }
}
