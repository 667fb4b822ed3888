import Basics
import Figures
import Foundation
import Masks
import Pruning
import Scoring
import Sharing
import Tensors
import Training

/// Where in the weights of hard sharing each task lives, and how well it does on that alone.
package struct Localization {
  /// One λ tried on a task.
  package struct Candidate {
    /// λ.
    package let lambda: Double
    /// The masks that it gives.
    package let masks: MaskSet
    /// The dev score of the localised network: hard sharing's weights where the masks hold one, θ⁰
    /// elsewhere.
    package let score: Double
  }

  /// One task.
  package struct Task {
    /// Its name, and what it is measured by.
    package let name: String, metric: String
    /// The dev scores of hard sharing and of the task's own network.
    package let hard: Double, single: Double
    /// What was tried, in the order of λ as given.
    package let candidates: [Candidate]

    /// The candidate with the best dev score; of equal ones the sparser, then the earlier.
    package var best: Candidate {
      candidates.dropFirst().reduce(candidates[0]) { best, next in
        (next.score, -next.masks.aliveCount) > (best.score, -best.masks.aliveCount) ? next : best
      }
    }
  }

  /// The tasks, in the recipe's order.
  package let tasks: [Task]
  /// The tickets of the best candidates, as they were written.
  package let tickets: [Ticket]
  /// Where the tensors sit, by name.
  package let places: [String: TensorPlace]
}

extension StageRunner {
  /// Finds each task's masks over the weights of hard sharing by the task's own network, for every λ
  /// of `lambdas`, and writes those that do best on dev as tickets beside their θ⁰, the initialisation
  /// of both, into the run's folder `localized`.
  ///
  /// - Throws: `Failure` of kind `missingInput` if `hard` or `single` is not trained, `badData` naming
  ///   a file with weights that are not finite.
  package func localize(lambdas: [Double]) throws -> Localization {
    let networks = try TrainedNetworks(run)
    let (hard, single) = (try networks.architecture("hard"), try networks.architecture("single"))
    let initial = try network(hard)
    let start = Weights(of: initial.parameters)
    let own = try tasks.indices.map { index in
      let (network, task) = try networks.network(single, task: index)
      let weights = Weights(of: OneTask(task, of: network).prunable)
      return (weights: weights, score: try devScore(of: index, network, task))
    }
    let label = resources.shown("localizing")
    resources.progress.begin(label, total: tasks.count * lambdas.count)
    defer { resources.progress.finish(label) }
    let found = try tasks.indices.map { index in
      let (network, task) = try networks.network(hard, task: index)
      let parameters = OneTask(task, of: network).prunable
      let joint = Weights(of: parameters)
      let candidates = try lambdas.map { lambda in
        try Interrupt.check()
        defer { resources.progress.advance(label) }
        let masks = MaskSet(
          zip(joint.entries, own[index].weights.entries).map { joint, own in
            let start = start.entries.first { $0.name == joint.name }!
            return MaskSet.Entry(
              name: joint.name, shape: joint.shape,
              mask: LocalizingMask.mask(
                start: start.values, own: own.values, joint: joint.values, lambda: Float(lambda)))
          })
        for (parameter, (joint, entry)) in zip(parameters, zip(joint.entries, masks.entries)) {
          let start = start.entries.first { $0.name == joint.name }!
          parameter.set(
            LocalizingMask.localized(start: start.values, joint: joint.values, mask: entry.mask))
        }
        let score = try devScore(of: index, network, task)
        return Localization.Candidate(lambda: lambda, masks: masks, score: score.value)
      }
      try joint.load(into: parameters, from: run.path)
      let whole = try devScore(of: index, network, task)
      let found = Localization.Task(
        name: tasks[index].name, metric: whole.metric.rawValue, hard: whole.value,
        single: own[index].score.value, candidates: candidates)
      let best = found.best
      try say(
        "\(found.name) localized: λ \(best.lambda) keeps \(fixed(best.masks.density, 3)) of the "
          + "weights, dev \(percent(best.score)) (hard \(percent(found.hard)), single "
          + "\(percent(found.single)))")
      return found
    }
    let tickets = try write(found, start)
    return Localization(tasks: found, tickets: tickets, places: initial.places)
  }

  /// Writes `start` and the tickets of what was `found` that belong to it.
  private func write(_ found: [Localization.Task], _ start: Weights) throws -> [Ticket] {
    try Files.makeFolder(run.path("localized"))
    let theta0 = try run.path("localized", "theta0.safetensors")
    try start.write(
      to: theta0, metadata: WeightsIdentity("hard", stage: "theta0", rewind: "init").metadata)
    let origin = try Digest.sha256(file: theta0)
    return try found.map { task in
      let ticket = Ticket(
        task: task.name, round: 0, criterion: "localize", scope: "lambda \(task.best.lambda)",
        devScore: task.best.score, origin: origin, masks: task.best.masks)
      try ticket.write(to: run.path("localized", "\(task.name).ticket"))
      return ticket
    }
  }

  private func devScore(
    of index: Int, _ network: any SharingNetwork, _ task: Int
  ) throws -> Score {
    try Evaluation(network, threads: resources.threads).score(of: task, data[index].dev)
  }
}
