import Layers
import Sharing
import Tensors
import Testing

/// How many numbers α and β have, and where they start (Ruder et al. 2019, "Complexity" and
/// "Model").
@Suite struct StitchNumberTests {
  private func counts(_ network: any SharingNetwork) -> (alpha: Int, beta: Int) {
    func count(_ prefix: String) -> Int {
      network.parameters.filter { $0.name.hasPrefix(prefix) }.reduce(0) { $0 + $1.elementCount }
    }
    return (count("stitch.alpha"), count("stitch.beta"))
  }

  @Test(arguments: [1, 2, 3, 5], [2, 3, 4]) func formulas(layers: Int, tasks: Int) throws {
    let (shape, tasks) = (Small.shape(layers: layers), Small.tasks(tasks))
    let m = tasks.count
    #expect(try counts(Small.network("sluice", shape, tasks)) == (4 * layers * m * m, layers * m))
    #expect(try counts(Small.network("cross-stitch", shape, tasks)) == (layers * m * m, 0))
    let hard = try Small.network("hard", shape, tasks)
    #expect(counts(hard) == (0, 0))
    // M stacks and heads over one input layer, and nothing else.
    let alone = try tasks.map { try Small.network("single", shape, [$0]) }
    func size(_ network: any SharingNetwork, _ isCounted: (String) -> Bool) -> Int {
      network.parameters.filter { isCounted($0.name) }.reduce(0) { $0 + $1.elementCount }
    }
    let sluice = try Small.network("sluice", shape, tasks)
    let isInput = { (name: String) in
      ["words", "char", "conv"].contains { name.hasPrefix($0) }
    }
    #expect(size(sluice, isInput) == size(alone[0], isInput))
    let own = size(sluice) { !isInput($0) && !$0.hasPrefix("stitch.") }
    #expect(own == alone.reduce(0) { sum, one in sum + size(one) { !isInput($0) } })
  }

  @Test func everyNameIsUnique() throws {
    for name in ArchitectureGradientTests.names {
      let network = try Small.network(name, Small.shape(layers: 3), Small.tasks(4))
      let names = network.parameters.map(\.name)
      #expect(Set(names).count == names.count)
      // Every parameter is read by some task, in the order of the file.
      let read = Set((0..<4).flatMap { network.parameters(of: $0).map(\.name) })
      #expect(read == Set(names))
    }
  }

  @Test func imbalancedStart() throws {
    let tasks = Small.tasks(3)
    let sluice = try Small.network("sluice", Small.shape(layers: 3), tasks)
    for k in 0..<3 {
      let alpha = sluice.parameter("stitch.alpha_l\(k)")
      #expect(alpha.shape == [6, 6])
      for i in 0..<36 { #expect(abs(alpha.values[i] - (i % 7 == 0 ? 0.95 : 0.01)) < 1e-6) }
    }
    let beta = Array(sluice.parameter("stitch.beta.t1").values)
    #expect(zip(beta, [0.05, 0.05, 0.9]).allSatisfy { abs($0 - $1) < 1e-6 })
    let cross = try Small.network("cross-stitch", Small.shape(layers: 2), tasks)
    let alpha = cross.parameter("stitch.alpha_l1")
    for i in 0..<9 { #expect(abs(alpha.values[i] - (i % 4 == 0 ? 0.9 : 0.05)) < 1e-6) }
  }

  @Test func balancedStart() throws {
    func balance(_ settings: inout SharingSettings) {
      settings.sluice.alphaStart = .balanced
      settings.sluice.betaStart = .balanced
    }
    let tasks = Small.tasks(2)
    let sluice = try Small.network("sluice", Small.shape(layers: 3), tasks, balance)
    #expect(sluice.parameter("stitch.alpha_l2").values.allSatisfy { $0 == 0.25 })
    #expect(sluice.parameter("stitch.beta.t0").values.allSatisfy { $0 == 1 / 3 as Float })
    let cross = try Small.network("cross-stitch", Small.shape(layers: 3), tasks, balance)
    #expect(cross.parameter("stitch.alpha_l0").values.allSatisfy { $0 == 0.5 })
  }

  /// The one layer of a network gets all of β.
  @Test(arguments: SluiceSettings.Start.allCases) func oneLayer(start: SluiceSettings.Start) throws
  {
    let network = try Small.network("sluice", Small.shape(layers: 1), Small.tasks(2)) {
      $0.sluice.betaStart = start
    }
    #expect(Array(network.parameter("stitch.beta.t0").values) == [1])
  }

  @Test func domainAdaptationStart() throws {
    let network = try Small.network("domain-adaptation", Small.shape(layers: 1), Small.tasks(2))
    #expect(
      Array(network.parameter("stitch.alpha_l0").values) == [
        1, 0, 0, 0,
        0, 0.5, 0, 0.5,
        0, 0, 1, 0,
        0, 0.5, 0, 0.5,
      ])
  }
}
