import Basics
import Batches
import Foundation
import Layers
import Tensors

/// The policy π_φ that chooses each task's path through a pool of modules (Chen et al. 2018,
/// "Training Controller with REINFORCE"): an LSTM that reads the task's vector, then that of the
/// module chosen last, and gives the probability of every module and of stopping.
///
/// A path has at least one module: stopping is no choice at first. At the greatest length it ends
/// without a choice. Vectors of tasks and modules are one table, `controller.embedding` [M + L, E],
/// tasks first.
public final class Controller {
  /// M and L.
  public let tasks: Int, modules: Int
  /// The most modules of a path.
  public let longest: Int
  private let embedding: Embedding
  private let lstm: LSTM
  private let output: Linear
  private let workspace = Workspace()
  /// The most probable paths found so far, by task, and the φ that they are of.
  private var known: (phi: [[Float]], paths: [Int: (path: [Int], logProbability: Double)])?

  init(tasks: Int, _ settings: ModuleSettings, seed: UInt64?) {
    self.tasks = tasks
    modules = settings.count
    longest = settings.longest
    embedding = Embedding(
      "controller.embedding", count: tasks + modules, dimension: settings.controllerEmbedding,
      seed: seed)
    lstm = LSTM(
      "controller.lstm", inputs: settings.controllerEmbedding, hidden: settings.controllerHidden,
      layers: 1, isPrunable: false, seed: seed)
    output = Linear(
      "controller.output", inputs: settings.controllerHidden, outputs: modules + 1, seed: seed)
  }

  /// φ.
  public var parameters: [Parameter] {
    [embedding.weight] + lstm.parameters + [output.weight, output.bias]
  }

  /// Every task's vector, [M, E].
  public var taskVectors: [[Double]] {
    let width = embedding.weight.width
    return (0..<tasks).map { task in
      (0..<width).map { Double(embedding.weight.values[task * width + $0]) }
    }
  }

  /// `count` paths of `task`, modules from 0. With probability `exploration` every choice of a path
  /// is uniform instead of the policy's.
  public func draw(
    _ count: Int, for task: Int, exploration: Double, from stream: inout RandomStream
  ) -> [[Int]] {
    let isUniform = (0..<count).map { _ in Double(stream.uniform()) < exploration }
    var paths = [[Int]](repeating: [], count: count)
    var growing = Array(paths.indices)
    for length in 0..<longest where !growing.isEmpty {
      let choices = choices(after: growing.map { paths[$0] }, of: task)
      var kept: [Int] = []
      for (path, choice) in zip(growing, choices) {
        let probabilities =
          isUniform[path]
          ? choice.map { _ in 1 / Double(choice.count) } : choice.map { exp($0) }
        let action = Self.draw(probabilities, Double(stream.uniform()))
        guard action < modules else { continue }
        paths[path].append(action)
        if length + 1 < longest { kept.append(path) }
      }
      growing = kept
    }
    return paths
  }

  private static func draw(_ probabilities: [Double], _ place: Double) -> Int {
    var left = place
    for (action, probability) in probabilities.dropLast().enumerated() {
      left -= probability
      if left < 0 { return action }
    }
    return probabilities.count - 1
  }

  /// The log probability of every choice after each of `prefixes` of `task`'s path: of the modules,
  /// then, unless the prefix is empty, of stopping.
  public func choices(after prefixes: [[Int]], of task: Int) -> [[Double]] {
    let tape = Tape(workspace: workspace, isRecording: false)
    let (scores, packing, order) = scores(of: task, prefixes, on: tape)
    let rows = packing.lastRows
    var choices = [[Double]](repeating: [], count: prefixes.count)
    for (place, index) in order.enumerated() {
      choices[index] = ActionLoss.logSoftmax(
        scores.value.pointer + rows[place] * (modules + 1),
        count: prefixes[index].isEmpty ? modules : modules + 1)
    }
    return choices
  }

  /// The loss whose descent makes `paths` of `task` as much more probable as `weights` say, and the
  /// policy less decided by `entropyWeight`, over their mean; and the entropy of the choices along a
  /// path, the mean over `paths`, in nats.
  public func loss(
    of paths: [[Int]], for task: Int, weights: [Double], entropyWeight: Double, on tape: Tape
  ) -> (loss: Variable, entropy: Double) {
    // The last module of a longest path is followed by no choice.
    let read = paths.map { Array($0.prefix(longest - 1)) }
    let (scores, packing, order) = scores(of: task, read, on: tape)
    let count = Double(paths.count)
    let rows = packing.stepSizes.enumerated().flatMap { step, size in
      order.prefix(size).map { index in
        ActionLoss.Row(
          action: step < paths[index].count ? paths[index][step] : modules,
          allowed: step == 0 ? modules : modules + 1, weight: weights[index],
          entropyWeight: entropyWeight / count)
      }
    }
    let (loss, entropies) = ActionLoss(rows)(scores, on: tape)
    return (loss, entropies.reduce(0, +) / count)
  }

  /// The scores of all choices along sequences that begin with `task` and go on with modules; the
  /// sequences are packed in the order given.
  private func scores(
    of task: Int, _ sequences: [[Int]], on tape: Tape
  ) -> (scores: Variable, packing: Packing, order: [Int]) {
    let order = sequences.indices.sorted {
      (sequences[$1].count, $0) < (sequences[$0].count, $1)
    }
    let steps = (0...sequences[order[0]].count).map { step in
      order.filter { sequences[$0].count >= step }
    }
    let packing = Packing(stepSizes: steps.map(\.count))
    let ids = steps.enumerated().flatMap { step, present in
      present.map { Int32(step == 0 ? task : tasks + sequences[$0][step - 1]) }
    }
    let vectors = embedding(ids, on: tape)
    let states = lstm(vectors, packing: packing, on: tape)
    return (output(states, on: tape), packing, order)
  }
}

extension Controller {
  /// How many prefixes of a length are followed up in search of the best path.
  private static let width = 1000

  /// The most probable path of `task`, modules from 0, and its log probability; empty if φ is not
  /// finite.
  ///
  /// Prefixes less probable than a whole path cannot become better. If more than `width` of a length
  /// are left, which only a policy far from decided has, the most probable ones are followed.
  public func mostProbablePath(of task: Int) -> (path: [Int], logProbability: Double) {
    let phi = parameters.map(\.elements)
    if known?.phi != phi { known = (phi, [:]) }
    if let path = known?.paths[task] { return path }
    let path = findMostProbablePath(of: task)
    known?.paths[task] = path
    return path
  }

  private func findMostProbablePath(of task: Int) -> (path: [Int], logProbability: Double) {
    var best: (path: [Int], logProbability: Double) = ([], -.infinity)
    var prefixes: [(path: [Int], logProbability: Double)] = [([], 0)]
    while !prefixes.isEmpty {
      var longer: [(path: [Int], logProbability: Double)] = []
      for (prefix, choices) in zip(prefixes, choices(after: prefixes.map(\.path), of: task)) {
        for (action, choice) in choices.enumerated() {
          let sum = prefix.logProbability + choice
          guard sum > best.logProbability else { continue }
          let path = action < modules ? prefix.path + [action] : prefix.path
          if action == modules || path.count == longest {
            best = (path, sum)
          } else {
            longer.append((path, sum))
          }
        }
      }
      prefixes = longer.enumerated().filter { $1.logProbability > best.logProbability }
        .sorted { ($1.element.logProbability, $0.offset) < ($0.element.logProbability, $1.offset) }
        .prefix(Self.width).map(\.element)
    }
    return best
  }
}
