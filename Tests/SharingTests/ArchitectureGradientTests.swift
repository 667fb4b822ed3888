import Basics
import Layers
import Masks
import Sharing
import Tensors
import Testing

/// Gradients through every architecture, with all that a network may have: dropout, input noise,
/// hidden layers in heads, either character encoder, softmax and CRF, penalties, masks.
@Suite struct ArchitectureGradientTests {
  static let names = [
    "hard", "hierarchical", "shared-private", "stacked", "cross-stitch", "sluice", "group-lasso",
    "domain-adaptation",
  ]

  struct Size: CustomTestStringConvertible {
    let layers: Int, tasks: Int
    var testDescription: String { "K = \(layers), M = \(tasks)" }
  }

  static let sizes = [1, 2, 3].flatMap { layers in
    [2, 3, 4].map { Size(layers: layers, tasks: $0) }
  }

  /// Which numbers of α move, and which of them together.
  private static func groups(
    _ flow: SluiceSettings.Flow, subspaces: Int = 2
  ) -> (Parameter) -> [[Int]] {
    { parameter in
      guard parameter.name.hasPrefix("stitch.alpha") else {
        return (0..<parameter.count).map { [$0] }
      }
      let size = parameter.shape[0]
      let all = (0..<size * size).map { (at: $0, row: $0 / size, column: $0 % size) }
      switch flow {
      case .learned: return all.map { [$0.at] }
      case .constant: return []
      case .withinTask:
        return all.filter { $0.row / subspaces == $0.column / subspaces }.map { [$0.at] }
      case .privateAndShared:
        // α_mm of the first subspaces; for every source one number of the second ones.
        let own = all.filter { $0.row == $0.column && $0.row % 2 == 0 }.map { [$0.at] }
        let shared = stride(from: 1, to: size, by: 2).map { column in
          stride(from: 1, to: size, by: 2).map { $0 * size + column }
        }
        return own + shared
      }
    }
  }

  private static func flow(_ name: String) -> SluiceSettings.Flow {
    switch name {
    case "group-lasso": .withinTask
    case "domain-adaptation": .privateAndShared
    default: .learned
    }
  }

  /// Moves α and β away from where they start, what is tied together, and the heads' hidden units
  /// away from the kink of their ReLU: of four units three are used, of the fourth nothing is seen.
  private func shake(_ network: any SharingNetwork, _ groups: (Parameter) -> [[Int]]) {
    for parameter in network.parameters where parameter.name.hasPrefix("stitch.") {
      var stream = RandomStream(seed: 4, parameter.name)
      for group in groups(parameter) {
        let value = stream.uniform(within: 1)
        for i in group { parameter.values[i] = value }
      }
    }
    for parameter in network.parameters where parameter.name.hasSuffix(".hidden.bias") {
      parameter.set((0..<parameter.count).map { $0 % 4 == 3 ? -3 : 3 })
    }
  }

  @Test(arguments: names, sizes) func gradients(name: String, size: Size) throws {
    let isFull = (size.layers + size.tasks) % 2 == 0
    let network = try Small.network(
      name, Small.shape(layers: size.layers, isFull: isFull), Small.tasks(size.tasks)
    ) {
      $0.sluice.orthogonality = 0.3
      $0.sluice.groupLasso = 0.2
    }
    let groups = Self.groups(Self.flow(name))
    shake(network, groups)
    // Softmax and CRF in turn.
    for task in size.tasks == 2 ? [0, 1] : [(size.layers + size.tasks / 2) % size.tasks] {
      ObjectiveSlopes(network: network, groups: groups).check(task)
    }
  }

  /// The ablation of Table 6: every layer mixture with learned and constant α, one subspace or two.
  @Test(arguments: LayerMixture.Kind.allCases, SluiceSettings.Flow.allCases)
  func forms(mixture: LayerMixture.Kind, flow: SluiceSettings.Flow) throws {
    for subspaces in flow == .privateAndShared ? [2] : [1, 2] {
      var settings = SluiceSettings()
      settings.subspaces = subspaces
      settings.flow = flow
      settings.mixture = mixture
      settings.groupLasso = 0.1
      let network = try SluiceNetwork(
        Small.shape(layers: 2), tasks: Small.tasks(2), settings: settings, seed: 1)
      let groups = Self.groups(flow, subspaces: subspaces)
      shake(network, groups)
      for task in 0..<2 { ObjectiveSlopes(network: network, groups: groups).check(task) }
    }
  }

  /// Subnets, penalties over alive weights only.
  @Test(arguments: ["hard", "stacked", "cross-stitch", "sluice"], MaskedExecution.allCases)
  func subnets(name: String, execution: MaskedExecution) throws {
    for (layers, isFull) in [(1, true), (2, false), (3, true)] {
      let network = try Small.network(
        name, Small.shape(layers: layers, isFull: isFull), Small.tasks(3)
      ) { $0.sluice.orthogonality = 0.3 }
      let groups = Self.groups(.learned)
      shake(network, groups)
      let masks = network.tasks.map { Small.masks(network, density: 0.5, $0.name) }
      let sparse = try SparseSharing(network, masks: masks, execution: execution)
      ObjectiveSlopes(network: sparse, groups: groups).check(layers % 3)
    }
  }

  /// One task of a network by itself: the same step, over what it reads.
  @Test(arguments: names) func oneTask(name: String) throws {
    let network = try Small.network(name, Small.shape(layers: 2), Small.tasks(3))
    for task in 0..<3 {
      let alone = OneTask(task, of: network)
      let (a, b) = (Step(alone, 0), Step(network, task))
      #expect(a.objective == b.objective && a.gradients == b.gradients)
      #expect(alone.parameters.map(\.name) == network.parameters(of: task).map(\.name))
    }
  }

  /// Results do not depend on the threads.
  @Test(arguments: names) func threads(name: String) throws {
    let network = try Small.network(name, Small.shape(layers: 2), Small.tasks(3))
    let (one, two) = (Step(network, 1), Step(network, 1, threads: 2))
    #expect(one.objective == two.objective && one.scores == two.scores)
    #expect(one.gradients == two.gradients)
  }
}
