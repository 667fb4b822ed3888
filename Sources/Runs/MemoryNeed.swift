import Basics
import Corpora
import Figures
import Recipes
import Sharing
import Training

/// About how much memory training or predicting takes: told before any of it is, because there is no
/// message where the system has none left.
///
/// Of the networks that are trained side by side the largest counts: values, gradients, what the
/// optimiser keeps, and the best epoch's copy. Activations are those of a batch of the longest
/// sentences, a number and its gradient for every row of every matrix, and the tables that a CRF has
/// for a sentence. Predicting takes a network's values and a batch's activations alone. Peaks that were
/// measured are between 0.9 and 1.5 times as high; a factor of two is tested.
package struct MemoryNeed {
  /// What is done.
  package enum Work: Equatable {
    /// Training, on so many cores.
    case training(jobs: Int)
    /// Predicting what is scored, one network after the other.
    case predicting
  }

  private let work: Work
  /// Weights of the largest network.
  private(set) var weights = 0
  /// Networks trained at the same time.
  let networks: Int
  /// Tokens of the longest sentence.
  let longest: Int
  /// Bytes of the networks, of the batches they read, and of the data.
  private(set) var ofNetworks = 0, ofBatches = 0
  let ofData: Int

  /// What a process takes before it does anything.
  private static let base = 24 << 20

  /// Bytes in all.
  package var bytes: Int { Self.base + ofNetworks + ofBatches + ofData }

  /// What `work` on `corpora` takes with the networks of `architectures`.
  package init(
    _ work: Work, _ architectures: [Architecture], _ recipe: Recipe, _ vocabulary: Vocabulary,
    _ corpora: [Corpus]
  ) throws {
    self.work = work
    let (isTraining, batch): (Bool, Int)
    switch work {
    case .training(let jobs):
      let areSideBySide = architectures.contains { $0.trainsTasksAlone || $0.needsTickets }
      networks = areSideBySide ? max(1, min(jobs, recipe.tasks.count)) : 1
      (isTraining, batch) = (true, recipe.batch)
    case .predicting:
      networks = 1
      (isTraining, batch) = (false, Evaluation.batchSize)
    }
    let lengths = corpora.flatMap { corpus in
      (0..<corpus.sentenceCount).map { corpus.length(ofSentence: $0) }
    }.sorted(by: >)
    longest = lengths.first ?? 0
    let tokens = lengths.prefix(batch).reduce(0, +)
    ofData =
      corpora.reduce(0) { sum, corpus in
        sum + corpus.tokenCount * (16 + 12 * corpus.tasks.count)
          + 4 * (corpus.features?.values.count ?? 0)
      } + (recipe.embeddings == nil ? 0 : 4 * vocabulary.words.count * recipe.wordDim)
    let (shape, tasks) = (recipe.networkShape(vocabulary), try recipe.taskShapes(vocabulary))
    // A matrix of labels for every sentence of a batch, and its gradient.
    let tables = tasks.map { $0.head == .crf ? Double($0.classes) * Double($0.classes) : 0 }
    let ofTables = isTraining ? 4 * Double(batch + 2) * (tables.max() ?? 0) : 0
    for architecture in architectures {
      // Without a seed no weight is touched, so that it takes no memory.
      let network = try recipe.makeNetwork(
        architecture, shape, tasks, alone: architecture.trainsTasksAlone ? 0 : nil, seed: nil)
      let parameters = network.parameters
      let count = parameters.reduce(0) { $0 + $1.elementCount }
      let rows = parameters.reduce(0) {
        $0 + ($1.shape.count == 2 && !$1.isEmbedding ? $1.shape[0] : 0)
      }
      let side = Double(networks)
      let copies = isTraining ? Double(3 + recipe.optimizer.keeps) : 1
      let ofNumber: Double = isTraining ? 8 : 4
      weights = max(weights, count)
      ofNetworks = max(
        ofNetworks, Self.whole(side * 4 * Double(count) * copies))
      ofBatches = max(
        ofBatches,
        Self.whole(side * (ofNumber * Double(tokens) * Double(rows + shape.inputWidth) + ofTables)))
    }
  }

  /// Numbers beyond all memory count as what can be added still.
  private static func whole(_ bytes: Double) -> Int { Int(min(bytes, 0x1p60)) }

  /// Checks that there is as much as is needed.
  ///
  /// - Throws: `Failure` of kind `usage` that says what takes it, and what is the limit.
  package func require(_ limit: Int = Memory.limit) throws {
    guard bytes > limit else { return }
    let (name, remedy) =
      work == .predicting
      ? ("predicting", "shorter sentences, or a machine with more")
      : (
        "training", "smaller sizes, fewer jobs, shorter sentences, or another limit (--max-memory)"
      )
    throw Failure(
      .usage,
      "\(name) needs about \(sizeText(bytes)), the limit is \(sizeText(limit)): "
        + "\(counted(networks, "network")) of \(weights) weights \(sizeText(ofNetworks)), batches with "
        + "sentences of up to \(longest) tokens \(sizeText(ofBatches)), data \(sizeText(ofData)); "
        + "choose \(remedy)")
  }
}

extension OptimizerKind {
  /// Numbers that it keeps for a weight.
  fileprivate var keeps: Int { self == .sgd ? 1 : 2 }
}
