import Basics
import Figures
import Foundation
import Recipes
import Runs
import Sharing

/// What a network with stitch units learned to share (Ruder et al. 2019, "Analysis of α values"): α
/// of every layer, which says how much each task's subspace takes of every other, and β, which says
/// how much of each layer a task's output reads.
public struct SluiceReport: Encodable, Sendable {
  /// The architecture.
  public let sharing: String
  /// The tasks, in the recipe's order; M of them.
  public let tasks: [String]
  /// S, the subspaces a layer's output is cut into.
  public let subspaces: Int
  /// By layer: [S·M, S·M], a row a target (task · S + subspace), a column a source.
  public let alpha: [[[Double]]]
  /// [M, K]; nil if the network has none.
  public let beta: [[Double]]?

  /// The α and β of the architecture `name` of `run`; of the first finished one that has any if
  /// it is nil.
  ///
  /// - Throws: `Failure` of kind `usage` naming an architecture without α, `missingInput` if it is
  ///   not trained, `badData` if the weights file is damaged.
  public static func read(_ run: RunDirectory, sharing name: String? = nil) throws -> SluiceReport {
    let networks = try TrainedNetworks(run)
    func report(_ architecture: Architecture) throws -> SluiceReport? {
      let network = try networks.network(architecture, task: 0).network
      return SluiceReport(network, sharing: architecture.name)
    }
    for architecture in try name.map({ [try networks.architecture($0)] }) ?? networks.architectures
    {
      if let report = try report(architecture) { return report }
    }
    let having = try networks.architectures.filter { try report($0) != nil }.map(\.name)
    let hint =
      having.isEmpty
      ? "; train one that has, as in 'tickets train \(run.path) --sharing sluice'"
      : "; of this run's, \(having.joined(separator: ", ")) have"
    guard let name else {
      throw Failure(.usage, "\(run.path): no trained architecture has α" + hint)
    }
    throw Failure(.usage, setting: "sharing", value: name, "has no α" + hint)
  }

  /// The α and β of `network`, trained as the architecture `sharing`; nil if it has no α, or is one
  /// task of several, whose α says little.
  package init?(_ network: any SharingNetwork, sharing: String) {
    guard let stitches = network.parts.stitches,
      stitches.alpha.allSatisfy({ $0.width == stitches.subspaces * network.tasks.count })
    else { return nil }
    self.sharing = sharing
    tasks = network.tasks.map(\.name)
    subspaces = stitches.subspaces
    alpha = stitches.alpha.map { layer in
      let numbers = layer.elements.map { Double($0) }
      return stride(from: 0, to: numbers.count, by: layer.width).map {
        Array(numbers[$0..<$0 + layer.width])
      }
    }
    beta =
      stitches.beta.isEmpty ? nil : stitches.beta.map { $0.elements.map { Double($0) } }
  }

  /// α_BA / α_AA (Ruder et al. 2019, Figure 2): how much the first task takes of the others against
  /// what it takes of itself, by mean magnitude, averaged over the layers; nil if it takes nothing
  /// of itself.
  package var auxiliaryRatio: Double? {
    let ratios = alpha.map { rows in
      let own = rows.prefix(subspaces).flatMap { $0.prefix(subspaces) }
      let others = rows.prefix(subspaces).flatMap { $0.dropFirst(subspaces) }
      return Self.meanMagnitude(others) / Self.meanMagnitude(own)
    }
    let mean = ratios.reduce(0, +) / Double(ratios.count)
    return mean.isFinite ? mean : nil
  }

  /// Tables for people: a row a target, a column a source.
  public var text: String {
    var parts = alpha.enumerated().map { layer, rows in
      "α of layer \(layer + 1) of \(sharing) (rows take from columns)\n"
        + table([["target"] + spaces] + zip(spaces, rows).map { [$0] + $1.map { fixed($0, 4) } })
    }
    if let beta {
      parts.append(
        "β\n"
          + table(
            [["task"] + layers(beta)] + zip(tasks, beta).map { [$0] + $1.map { fixed($0, 4) } }))
    }
    if let auxiliaryRatio, tasks.count > 1 {
      parts.append("|α| of other tasks into \(tasks[0]) / of its own: \(fixed(auxiliaryRatio, 4))")
    }
    return parts.joined(separator: "\n\n")
  }

  /// A heat map a layer, and one of β, below one another.
  public var figure: Figure {
    var maps = alpha.enumerated().map { layer, rows in
      HeatMap(
        title: "α of layer \(layer + 1)", rows: spaces, columns: spaces, values: rows
      ).figure
    }
    if let beta {
      maps.append(HeatMap(title: "β", rows: tasks, columns: layers(beta), values: beta).figure)
    }
    return Figure("α and β of \(sharing)", stacking: maps)
  }

  private var spaces: [String] {
    tasks.flatMap { task in
      subspaces == 1 ? [task] : (1...subspaces).map { "\(task) \($0)" }
    }
  }

  private func layers(_ beta: [[Double]]) -> [String] {
    (beta.first ?? []).indices.map { "layer \($0 + 1)" }
  }

  private static func meanMagnitude(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0) { $0 + abs($1) } / Double(values.count)
  }
}
