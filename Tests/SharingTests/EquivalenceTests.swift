import Basics
import Layers
import Sharing
import Tensors
import Testing

/// Architectures that come out of a sluice network by fixing its numbers (Ruder et al. 2019),
/// number for number where nothing is rounded differently.
@Suite struct EquivalenceTests {
  /// The name of a stack's parameter in a network with one stack.
  private func withoutTask(_ name: String) -> String {
    let parts = name.split(separator: ".")
    return parts[0] == "lstm" && parts.count == 3 ? "lstm.\(parts[2])" : name
  }

  private func isInput(_ name: String) -> Bool {
    ["words", "char", "conv"].contains { name.hasPrefix($0) }
  }

  private func sluice(
    _ shape: NetworkShape, tasks: Int, _ settings: SluiceSettings
  ) throws -> SluiceNetwork {
    try SluiceNetwork(shape, tasks: Small.tasks(tasks), settings: settings, seed: 1)
  }

  private func near(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 2e-6 * max(1, abs($1)) }
  }

  /// α = 1 on the diagonal: every task has the single-task network, forward and back.
  @Test(arguments: [1, 2, 3], [1, 2]) func identityIsSingleTask(
    layers: Int, subspaces: Int
  ) throws {
    let shape = Small.shape(layers: layers, isFull: layers != 2)
    let network = try sluice(
      shape, tasks: 3,
      Small.plainSluice {
        $0.subspaces = subspaces
        // With β too: 1 for the last layer.
        $0.mixture = layers == 3 ? .mixture : .last
      })
    for parameter in network.parameters {
      let size = parameter.shape.last!
      if parameter.name.hasPrefix("stitch.alpha") {
        parameter.set((0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 })
      } else if parameter.name.hasPrefix("stitch.beta") {
        parameter.set((0..<size).map { $0 == size - 1 ? 1 : 0 })
      }
    }
    for (index, task) in network.tasks.enumerated() {
      let single = try Small.network("single", shape, [task])
      single.copy(from: network) {
        $0.hasPrefix("lstm.") ? "lstm.\(task.name)\($0.dropFirst(4))" : $0
      }
      for isTraining in [true, false] {
        let (a, b) = (
          Step(network, index, isTraining: isTraining), Step(single, 0, isTraining: isTraining)
        )
        #expect(a.scores == b.scores && a.objective == b.objective)
        for (name, gradient) in b.gradients {
          let own = name.hasPrefix("lstm.") ? "lstm.\(task.name)\(name.dropFirst(4))" : name
          #expect(a.gradients[own] == gradient, "\(name)")
        }
        // Other tasks' networks have no part in it.
        for (name, gradient) in a.gradients {
          let isOthers = name.hasPrefix("lstm.") && !name.hasPrefix("lstm.\(task.name).")
          #expect(!isOthers || gradient.allSatisfy { $0 == 0 }, "\(name)")
        }
      }
    }
  }

  /// α the same constant everywhere and equal stacks: hard sharing, whose gradient is the sum of
  /// the stacks'.
  @Test(arguments: [1, 2, 3], [2, 3, 4]) func constantIsHardSharing(
    layers: Int, tasks: Int
  ) throws {
    let shape = Small.shape(layers: layers, isFull: layers != 2)
    let hard = try Small.network("hard", shape, Small.tasks(tasks))
    let network = try sluice(
      shape, tasks: tasks,
      Small.plainSluice {
        $0.subspaces = 1
        $0.flow = .constant
      })
    network.copy(from: hard, withoutTask)
    for task in 0..<tasks {
      let (a, b) = (Step(network, task), Step(hard, task))
      // A half and a quarter are exact.
      if tasks != 3 { #expect(a.scores == b.scores && a.objective == b.objective) }
      expectSums(of: a, are: b)
    }
  }

  /// Compares the sums of the stacks' gradients with the gradients of one stack.
  private func expectSums(
    of step: Step, are one: Step, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(near(step.scores, one.scores), sourceLocation: sourceLocation)
    var sums: [String: [Float]] = [:]
    for (name, gradient) in step.gradients where !name.hasPrefix("stitch.") {
      let name = withoutTask(name)
      sums[name] = sums[name].map { zip($0, gradient).map(+) } ?? gradient
    }
    for (name, sum) in sums {
      let expected = one.gradients[name] ?? sum.map { _ in 0 }
      #expect(near(sum, expected), "\(name)", sourceLocation: sourceLocation)
    }
    #expect(Set(one.gradients.keys).isSubset(of: sums.keys), sourceLocation: sourceLocation)
  }

  /// The same with the auxiliary task's β on the first layer: low supervision.
  @Test(arguments: [1, 2, 3]) func betaOnTheFirstLayerIsHierarchical(layers: Int) throws {
    let shape = Small.shape(layers: layers, isFull: layers != 2)
    let hierarchical = try Small.network("hierarchical", shape, Small.tasks(2)) {
      $0.depths = ["t0": 1, "t1": layers]
    }
    let network = try sluice(
      shape, tasks: 2,
      Small.plainSluice {
        $0.subspaces = 1
        $0.flow = .constant
        $0.mixture = .mixture
      })
    network.copy(from: hierarchical, withoutTask)
    network.parameter("stitch.beta.t0").set((0..<layers).map { $0 == 0 ? 1 : 0 })
    network.parameter("stitch.beta.t1").set((0..<layers).map { $0 == layers - 1 ? 1 : 0 })
    for task in 0..<2 {
      let (a, b) = (Step(network, task), Step(hierarchical, task))
      #expect(a.scores == b.scores && a.objective == b.objective)
      expectSums(of: a, are: b)
    }
    let read = hierarchical.parameters(of: 0).map(\.name)
    #expect(read.contains("lstm.weight_ih_l0") && !read.contains("lstm.weight_ih_l1"))
  }

  /// Where no depth is given, tasks are spread over the layers in their order.
  @Test func depthsAreSpread() throws {
    func depths(layers: Int, tasks: Int, _ given: [String: Int] = [:]) throws -> [Int] {
      let network = try Small.network(
        "hierarchical", Small.shape(layers: layers), Small.tasks(tasks)
      ) { $0.depths = given }
      return (0..<tasks).map { task in
        network.parameters(of: task).filter { $0.name.hasPrefix("lstm.weight_hh") }.count / 2
      }
    }
    #expect(try depths(layers: 3, tasks: 2) == [1, 3])
    #expect(try depths(layers: 3, tasks: 3) == [1, 2, 3])
    #expect(try depths(layers: 1, tasks: 3) == [1, 1, 1])
    #expect(try depths(layers: 3, tasks: 4) == [1, 2, 2, 3])
    #expect(try depths(layers: 3, tasks: 3, ["t0": 2]) == [2, 2, 3])
    #expect(try depths(layers: 3, tasks: 1) == [3])
  }

  @Test(arguments: [1, 2, 3]) func hierarchicalAtFullDepthIsHard(layers: Int) throws {
    let shape = Small.shape(layers: layers)
    let hard = try Small.network("hard", shape, Small.tasks(3))
    let deep = try Small.network("hierarchical", shape, Small.tasks(3)) {
      $0.depths = ["t0": layers, "t1": layers, "t2": layers]
    }
    for task in 0..<3 {
      let (a, b) = (Step(deep, task), Step(hard, task))
      #expect(a.scores == b.scores && a.gradients == b.gradients)
      #expect(deep.parameters(of: task).map(\.name) == hard.parameters(of: task).map(\.name))
    }
  }

  /// Blocks of α that are a number times the identity: nothing flows between subspaces.
  @Test(arguments: [1, 2, 3], [2, 3]) func diagonalBlocksAreCrossStitch(
    layers: Int, tasks: Int
  ) throws {
    let shape = Small.shape(layers: layers, isFull: layers != 2)
    let cross = try Small.network("cross-stitch", shape, Small.tasks(tasks))
    for k in 0..<layers {
      let alpha = cross.parameter("stitch.alpha_l\(k)")
      var stream = RandomStream(seed: 4, alpha.name)
      alpha.set((0..<alpha.count).map { _ in stream.uniform(within: 1) })
    }
    let network = try sluice(shape, tasks: tasks, Small.plainSluice())
    network.copy(from: cross) { $0.hasPrefix("stitch.") ? "" : $0 }
    let size = 2 * tasks
    for k in 0..<layers {
      let numbers = cross.parameter("stitch.alpha_l\(k)").values
      network.parameter("stitch.alpha_l\(k)").set(
        (0..<size * size).map { i in
          let (row, column) = (i / size, i % size)
          return row % 2 == column % 2 ? numbers[row / 2 * tasks + column / 2] : 0
        })
    }
    for task in 0..<tasks {
      let (a, b) = (Step(network, task), Step(cross, task))
      #expect(a.scores == b.scores && a.objective == b.objective)
      for (name, gradient) in b.gradients {
        guard name.hasPrefix("stitch.") else {
          #expect(a.gradients[name] == gradient, "\(name)")
          continue
        }
        let wide = a.gradients[name]!
        let sums = gradient.indices.map { i in
          let corner = i / tasks * 2 * size + i % tasks * 2
          return wide[corner] + wide[corner + size + 1]
        }
        #expect(near(sums, gradient), "\(name)")
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func flowWithinTasksIsGroupLasso(layers: Int) throws {
    let shape = Small.shape(layers: layers)
    let lasso = try Small.network("group-lasso", shape, Small.tasks(3)) {
      $0.sluice.groupLasso = 0.2
    }
    var settings = SluiceSettings()
    settings.flow = .withinTask
    settings.orthogonality = 0
    settings.groupLasso = 0.2
    let network = try sluice(shape, tasks: 3, settings)
    for task in 0..<3 {
      let (a, b) = (Step(network, task), Step(lasso, task))
      #expect(a.scores == b.scores && a.gradients == b.gradients && a.objective == b.objective)
      #expect(a.penalty > 0)
      // Only its own stack is read.
      let stacks = lasso.parameters(of: task).map(\.name).filter { $0.hasPrefix("lstm.") }
      #expect(stacks.count == 8 * layers && stacks.allSatisfy { $0.hasPrefix("lstm.t\(task).") })
    }
  }

  /// Learned α that stands where domain adaptation fixes it: the same step.
  @Test(arguments: [1, 2, 3]) func domainAdaptationIsASluice(layers: Int) throws {
    let shape = Small.shape(layers: layers)
    let adapted = try Small.network("domain-adaptation", shape, Small.tasks(3))
    let network = try sluice(shape, tasks: 3, Small.plainSluice { $0.mixture = .mixture })
    network.copy(from: adapted)
    for task in 0..<3 {
      let (a, b) = (Step(network, task), Step(adapted, task))
      #expect(a.scores == b.scores && a.objective == b.objective)
      for (name, gradient) in b.gradients {
        guard name.hasPrefix("stitch.alpha") else {
          #expect(a.gradients[name] == gradient, "\(name)")
          continue
        }
        // A tied number's gradient is the sum over its places, a fixed one's is zero.
        let free = a.gradients[name]!
        for i in gradient.indices {
          let (row, column) = (i / 6, i % 6)
          let isShared = row % 2 == 1 && column % 2 == 1
          let expected =
            isShared
            ? [1, 3, 5].reduce(0) { $0 + free[$1 * 6 + column] } : row == column ? free[i] : 0
          #expect(near([gradient[i]], [expected]), "\(name)[\(i)]")
        }
      }
    }
  }
}
