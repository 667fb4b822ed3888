import Basics
import Batches
import Corpora
import Scoring
import Sharing
import Tensors

/// Reads a trained network: labels, raw scores and measures for one task over a corpus.
public struct Evaluation {
  /// Sentences, texts or rows of vectors that are read at once.
  package static let batchSize = 32

  private let network: any SharingNetwork
  private let threads: () -> Int

  /// Evaluates `network`, two directions side by side in batches for which `threads` gives 2.
  public init(_ network: any SharingNetwork, threads: @escaping () -> Int = { 1 }) {
    self.network = network
    self.threads = threads
  }

  /// The predicted label id of every token, text or vector, in the corpus's order; not for
  /// regression, whose scores are the values.
  public func labels(of task: Int, _ corpus: EncodedCorpus) -> [Int32] {
    let level = network.tasks[task].level
    var labels = [Int32](repeating: 0, count: corpus.count(level))
    forEachBatch(of: task, corpus) { batch, scores in
      let predicted = network.head(of: task).decode(scores, batch: batch)
      corpus.unpack(predicted, of: batch, level: level, into: &labels)
    }
    return labels
  }

  /// The scores of every token's labels [N, C], or of every text's or vector's, in the corpus's
  /// order.
  public func scores(of task: Int, _ corpus: EncodedCorpus) -> [Float] {
    let (classes, level) = (network.tasks[task].classes, network.tasks[task].level)
    var all = [Float](repeating: 0, count: corpus.count(level) * classes)
    forEachBatch(of: task, corpus) { batch, scores in
      corpus.unpack(scores.values, of: batch, level: level, width: classes, into: &all)
    }
    return all
  }

  /// What is predicted for the tokens, texts or vectors of `data`: labels as files write them, or
  /// values.
  public func predictions(of task: Int, _ data: TaskData) -> Predictions {
    network.tasks[task].kind == .regression
      ? .values(scores(of: task, data.encoded))
      : Predictions(labels(of: task, data.encoded), for: data)
  }

  /// The measure of `task` over `data`: span F1, accuracy, or rank correlation.
  public func score(of task: Int, _ data: TaskData) throws -> Score {
    try Score(predictions(of: task, data), for: data)
  }

  /// Calls `body` with every batch and the states [N, D] that all tasks share on it; not at all where
  /// the network has none.
  package func forEachSharedStates(
    of task: Int, _ corpus: EncodedCorpus, _ body: (Batch, Tensor) throws -> Void
  ) rethrows {
    network.activate(task: task)
    let workspace = Workspace()
    for batch in corpus.evaluationBatches(size: Self.batchSize) {
      let tape = Tape(workspace: workspace, isRecording: false, threads: threads())
      let output = network.output(of: task, batch, draws: nil, on: tape)
      if let states = output.states { try body(batch, states.shared.value) }
    }
  }

  private func forEachBatch(
    of task: Int, _ corpus: EncodedCorpus, _ body: (Batch, Tensor) -> Void
  ) {
    network.activate(task: task)
    // Not kept: large batches need much more memory than training does.
    let workspace = Workspace()
    for batch in corpus.evaluationBatches(size: Self.batchSize) {
      body(batch, scores(of: task, batch, in: workspace))
    }
  }

  /// The scores of one batch, whose task is active.
  package func scores(
    of task: Int, _ batch: Batch, in workspace: Workspace, clock: StepClock? = nil
  ) -> Tensor {
    let tape = Tape(
      workspace: workspace, isRecording: false, threads: threads(), clock: clock)
    return network.output(of: task, batch, draws: nil, on: tape).scores.value
  }
}
