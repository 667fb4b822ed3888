import Basics
import Layers
import Masks
import Sharing
import Tensors
import Testing

/// Networks whose tasks have paths through a pool of modules.
@Suite struct ModuleNetworkTests {
  /// A shape whose modules fit upon its input layer.
  private static func shape(layers: Int = 1, isFull: Bool = true) -> NetworkShape {
    var shape = Small.shape(layers: layers, isFull: isFull)
    if !isFull { shape.wordDimension = 5 }
    return shape
  }

  private func network(
    _ paths: [[Int]], modules: Int = 4, longest: Int = 4, _ shape: NetworkShape = Self.shape()
  ) throws -> any SharingNetwork {
    try Small.network("modules", shape, Small.tasks(max(2, paths.count))) {
      $0.modules.count = modules
      $0.modules.longest = longest
      for (task, path) in paths.enumerated() { $0.modules.paths["t\(task)"] = path }
    }
  }

  /// Given paths, with modules in common, in another order and twice.
  @Test(arguments: [
    [[1], [1]], [[1], [1, 2]], [[1, 2], [2, 1]], [[3, 3], [3]], [[1, 2, 1, 3], [4, 1]],
  ]) func gradients(paths: [[Int]]) throws {
    for isFull in [true, false] {
      let network = try network(paths, Self.shape(isFull: isFull))
      for parameter in network.parameters where parameter.name.hasSuffix(".hidden.bias") {
        parameter.set((0..<parameter.count).map { $0 % 4 == 3 ? -3 : 3 })
      }
      for task in 0..<2 { ObjectiveSlopes(network: network).check(task) }
    }
  }

  /// Modules over feature vectors, and of one direction.
  @Test func otherRows() throws {
    var vectors = Small.vectorShape(layers: 1, isFull: false)
    vectors.hidden = 5
    var forward = Self.shape()
    forward.directions = .forward
    forward.hidden = 8
    for (shape, tasks, paths) in [
      (vectors, Small.vectorTasks, ["digit": [1, 2], "size": [2], "odd": [2, 1]]),
      (forward, Small.tasks(2), ["t0": [1, 2], "t1": [2]]),
    ] {
      let network = try Small.network("modules", shape, tasks) {
        $0.modules.count = 2
        $0.modules.paths = paths
      }
      for parameter in network.parameters where parameter.name.hasSuffix(".hidden.bias") {
        parameter.set((0..<parameter.count).map { $0 % 4 == 3 ? -3 : 3 })
      }
      for task in tasks.indices {
        ObjectiveSlopes(network: network, hasKinks: shape.rows == .vectors).check(task)
      }
    }
  }

  /// One path for all tasks is hard sharing; paths of which one goes further are hierarchical.
  @Test(arguments: [1, 2, 3]) func specialCases(layers: Int) throws {
    let all = Array(1...layers)
    for depths in [[layers, layers], [1, layers], [layers, 1]] {
      let paths = depths.map { Array(all.prefix($0)) }
      let modules = try network(paths, modules: layers)
      let hierarchical = try Small.network(
        "hierarchical", Self.shape(layers: layers), Small.tasks(2)
      ) {
        $0.depths = ["t0": depths[0], "t1": depths[1]]
      }
      hierarchical.copy(from: modules) { ModuleNames.asModule($0) }
      for task in 0..<2 {
        let (a, b) = (Step(modules, task), Step(hierarchical, task))
        #expect(a.objective == b.objective && a.scores == b.scores)
        #expect(
          a.gradients
            == Dictionary(
              uniqueKeysWithValues: b.gradients.map { (ModuleNames.asModule($0), $1) }))
      }
    }
  }

  /// A task reads the modules of its path, each once; of given paths there are no others.
  @Test func whatIsThere() throws {
    let network = try network([[1, 3, 1], [3]])
    func modules(_ parameters: [Parameter]) -> [String] {
      var seen: [String] = []
      for parameter in parameters where parameter.name.hasPrefix("lstm.module") {
        let module = String(parameter.name.split(separator: ".")[1])
        if !seen.contains(module) { seen.append(module) }
      }
      return seen
    }
    #expect(modules(network.parameters(of: 0)) == ["module1", "module3"])
    #expect(modules(network.parameters(of: 1)) == ["module3"])
    #expect(modules(network.parameters) == ["module1", "module3"])
    #expect(modules(network.shared) == ["module3"])
    let search = try self.network([])
    #expect(modules(search.parameters) == ["module1", "module2", "module3", "module4"])
    let pool = try #require(search.parts.modules)
    pool.drawn = [3, 1]
    #expect(modules(search.parameters(of: 0)) == ["module2", "module4"])
    // No step of a task moves the policy.
    #expect(search.parameters(of: 0).allSatisfy { !$0.name.hasPrefix("controller") })
    #expect(search.prunable.allSatisfy { !$0.name.hasPrefix("controller") })
  }

  /// A module starts as its name and the seed say, whatever the paths.
  @Test func startsAlike() throws {
    let (given, search) = (try network([[2], [4, 2]]), try network([]))
    for parameter in given.parameters {
      #expect(search.parameter(parameter.name).elements == parameter.elements)
    }
  }

  @Test func errors() throws {
    func message(
      _ paths: [[Int]], modules: Int = 4, longest: Int = 4, _ shape: NetworkShape = Self.shape()
    ) throws -> String {
      let failure = #expect(throws: Failure.self) {
        try network(paths, modules: modules, longest: longest, shape)
      }
      #expect(failure?.kind == .usage)
      return try #require(failure).message
    }
    #expect(
      try message([[1], [1, 5]])
        == "paths t1=1-5: there is no module 5; the pool has the modules 1 to 4")
    #expect(
      try message([[0], [1]])
        == "paths t0=0: there is no module 0; the pool has the modules 1 to 4")
    #expect(
      try message([[1]])
        == "paths: task t1 has no path; give one to every task, or to none for a search")
    #expect(
      try message([[1], [1, 2, 3]], longest: 2)
        == "paths t1=1-2-3: must have one module or more, and at most path-length 2")
    #expect(
      try message([[], [1]])
        == "paths t0=: must have one module or more, and at most path-length 4")
    #expect(
      try message([], modules: 1)
        == "modules 1: there is nothing to choose; take two or more, or give paths")
    var wide = Self.shape()
    wide.wordDimension = 6
    #expect(
      try message([], wide)
        == "hidden 4: modules give 2 · 4 = 8 numbers a row, but the input layer gives 10; for any "
        + "module to follow any other both must be equal, as with hidden 5")
    wide.wordDimension = 5
    #expect(
      try message([[1], [1]], wide)
        == "hidden 4: modules give 2 · 4 = 8 numbers a row, but the input layer gives 9; for any "
        + "module to follow any other both must be equal")
  }
}

/// How parameters of a BiLSTM's layers are called where each layer is a module.
enum ModuleNames {
  /// `lstm.weight_ih_l1` is `lstm.module2.weight_ih_l0`.
  static func asModule(_ name: String) -> String {
    guard name.hasPrefix("lstm."), let l = name.range(of: "_l", options: .backwards) else {
      return name
    }
    let layer = Int(name[l.upperBound...].prefix { $0.isNumber })!
    let rest = name[l.upperBound...].drop { $0.isNumber }
    return "lstm.module\(layer + 1).\(name[..<l.lowerBound].dropFirst(5))_l0\(rest)"
  }
}
