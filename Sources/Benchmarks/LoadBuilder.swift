import Corpora
import Masks
import Recipes
import Sharing
import Training

/// Builds what a configuration measures. Networks are made anew each time: none of them inherits
/// masks, optimiser state or weights that another has moved.
final class LoadBuilder {
  private let source: BenchmarkSource
  private let settings: BenchmarkSettings
  /// The data read last, which most configurations share.
  private var last: (length: Int?, data: BenchmarkSource.Data)?

  init(_ source: BenchmarkSource, _ settings: BenchmarkSettings) {
    self.source = source
    self.settings = settings
  }

  /// A network under its masks, and the work to be done with it.
  func build(_ configuration: BenchmarkConfiguration) throws -> (load: any Load, effort: Effort) {
    let data = try data(length: configuration.length)
    let count = configuration.tasks
    let known = data.tasks.count
    let taskData = (0..<count).map { data.tasks[$0 % known] }
    let heads = try source.recipe.taskShapes(data.vocabulary)
    // Used again under another name, a task has a head and masks of its own.
    let tasks = (0..<count).map { index in
      let head = heads[index % known]
      let name = index < known ? head.name : "\(head.name)-\(index / known + 1)"
      return TaskShape(
        name: name, classes: head.classes, head: head.head, lossWeight: head.lossWeight,
        level: head.level, kind: head.kind)
    }
    var shape = source.recipe.networkShape(data.vocabulary)
    shape.hidden = configuration.hidden
    shape.layers = configuration.layers
    let base: any SharingNetwork =
      settings.isBare
      ? BareNetwork(shape, tasks: tasks, seed: settings.seed)
      : try source.recipe.makeNetwork(
        source.recipe.baseArchitecture, shape, tasks, seed: settings.seed)
    if case .tickets = configuration.masks, !settings.isBare {
      try source.requireTickets(of: base)
    }
    let masks = masks(configuration.masks, base)
    let network =
      masks.isEmpty
      ? base : try SparseSharing(base, masks: masks, execution: configuration.execution)
    var training = source.recipe.training(
      epochs: 1, threads: { [threads = configuration.threads] in threads })
    training.batchSize = configuration.batch
    training.seed = settings.seed
    let load: any Load =
      settings.isBare || configuration.mode == .predict
      ? BatchLoad(
        network, taskData, training, mode: configuration.mode, isBare: settings.isBare)
      : TrainingLoad(network, taskData, training)
    return (load, Effort(of: base, masks: masks))
  }

  /// Sentences and tokens of the data as they are.
  func size() throws -> (sentences: Int, tokens: Int) {
    let corpora = try data(length: nil).tasks.map(\.encoded.corpus)
    // Tasks annotated together share a corpus.
    let distinct = Dictionary(corpora.map { ($0.files, $0) }) { first, _ in first }.values
    return (
      distinct.reduce(0) { $0 + $1.sentenceCount }, distinct.reduce(0) { $0 + $1.tokenCount }
    )
  }

  private func masks(
    _ masks: BenchmarkConfiguration.Masks, _ network: any SharingNetwork
  ) -> [MaskSet] {
    switch masks {
    case .none: []
    case .random(let density):
      network.tasks.map {
        MaskSet.random(for: network, density: density, seed: settings.seed, task: $0.name)
      }
    case .tickets:
      // The BiLSTM alone has no use for the masks of other tensors.
      source.tickets.map { set in
        MaskSet(set.entries.filter { entry in !settings.isBare || network.has(entry.name) })
      }
    }
  }

  private func data(length: Int?) throws -> BenchmarkSource.Data {
    if let last, last.length == length { return last.data }
    let data = try source.read(length: length)
    last = (length, data)
    return data
  }
}

extension SharingNetwork {
  fileprivate func has(_ name: String) -> Bool { parameters.contains { $0.name == name } }
}
