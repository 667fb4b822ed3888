import Basics
import Batches
import Foundation
import Masks
import Sharing
import Tensors
import Testing
import Training

/// Steps of several tasks that PyTorch did (Fixtures/make_steps.py), to be repeated.
private struct GoldenSteps {
  private static let names = ["pos", "ner", "chunk"]

  let file: SafeTensors
  let network: any SharingNetwork
  let isMasked: Bool
  private let sizes: NetworkShape

  /// The first `tasks` of the fixture's tasks over its network.
  init(tasks: Int, isMasked: Bool = false, execution: MaskedExecution = .auto) throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/steps.safetensors").path
    let file = try SafeTensors(contentsOf: path)
    func shape(_ name: String) throws -> [Int] { try #require(file.entry("initial.\(name)")).shape }
    var sizes = NetworkShape(
      words: try shape("words.weight")[0], characters: try shape("characters.weight")[0])
    sizes.wordDimension = try shape("words.weight")[1]
    sizes.characterDimension = try shape("characters.weight")[1]
    sizes.characterFilters = try shape("conv.weight")[0]
    sizes.hidden = try shape("lstm.weight_hh_l0")[1]
    sizes.dropout = 0
    sizes.wordDropout = 0
    let hard = HardSharing(
      sizes,
      tasks: try Self.names.prefix(tasks).map {
        TaskShape(
          name: $0, classes: try shape("heads.\($0).bias")[0], head: $0 == "ner" ? .crf : .softmax)
      }, seed: 1)
    for parameter in hard.parameters {
      try file.copyFloats(of: "initial.\(parameter.name)", into: parameter.values)
    }
    let masks = try Self.names.prefix(tasks).map { task in
      MaskSet(
        try hard.prunable.map { parameter in
          let bits = try file.floats("mask.\(task).\(parameter.name)").map { $0 == 1 }
          return .init(name: parameter.name, shape: parameter.shape, mask: BitMask(bits))
        })
    }
    self.file = file
    self.sizes = sizes
    self.isMasked = isMasked
    network = isMasked ? try SparseSharing(hard, masks: masks, execution: execution) : hard
  }

  /// The batch of `task` in step `step`.
  func batch(_ step: Int, _ task: Int) throws -> Batch {
    let name = "step\(3 * step + task)"
    func integers(_ part: String) throws -> [Int32] {
      try file.floats("\(name).\(part)").map { Int32($0) }
    }
    let sizes = try integers("step_sizes").map(Int.init)
    return Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: try integers("words"), forms: try integers("forms"),
        formStarts: try integers("form_starts"), characters: try integers("characters")),
      labels: try integers("labels"))
  }

  /// The step `step` of `task`.
  func context(_ step: Int, task: Int, threads: Int = 1) throws -> StepContext {
    let batches = try network.tasks.indices.map { try batch(step, $0) }
    return StepContext(
      network, task: task, batch: batches[task], rate: 0.1, clipping: Clipping(.norm, limit: 0),
      draws: nil, threads: threads, otherBatch: { batches[$0] })
  }

  /// Repeats the fixture's steps called `name` and compares losses and final weights.
  func expect(_ name: String, leaders: [Int], _ settings: StepSettings) throws -> any StepMethod {
    let name = (isMasked ? "masked-" : "") + name
    let method = settings.method(for: network, optimizer: SGD(momentum: 0.9))
    let losses = try file.floats("\(name).losses")
    let width = losses.count / leaders.count
    for (step, leader) in leaders.enumerated() {
      let found = try method.step(context(step, task: leader, threads: 1 + step % 2))
        .filter { !$0.isObservation }
      #expect(found.count == width)
      for (index, loss) in found.enumerated() {
        let expected = losses[step * width + index]
        #expect(abs(Float(loss.value) - expected) < 3e-4 * max(1, abs(expected)), "\(name) \(step)")
      }
    }
    method.settle()
    for parameter in network.parameters {
      let expected = try file.floats("\(name).final.\(parameter.name)")
      let worst = zip(parameter.elements, expected).map { abs($0 - $1) }.max()!
      #expect(worst < 3e-4, "\(name) \(parameter.name): \(worst)")
    }
    return method
  }
}

@Suite struct GoldenStepTests {
  private static let executions: [MaskedExecution?] = [nil, .dense, .sparse]

  private func golden(_ tasks: Int, _ execution: MaskedExecution?) throws -> GoldenSteps {
    try GoldenSteps(tasks: tasks, isMasked: execution != nil, execution: execution ?? .auto)
  }

  @Test(arguments: StepSettings.Passing.allCases, executions)
  func pairwise(passing: StepSettings.Passing, execution: MaskedExecution?) throws {
    var settings = StepSettings()
    settings.communication = .pairwise
    settings.passing = passing
    settings.passingRate = 0.5
    _ = try golden(2, execution).expect(
      "pairwise-\(passing.rawValue)", leaders: [0, 1, 0], settings)
  }

  @Test(arguments: StepSettings.Passing.allCases, executions)
  func listwise(passing: StepSettings.Passing, execution: MaskedExecution?) throws {
    let golden = try golden(3, execution)
    let beta = try golden.file.floats("beta")
    var settings = StepSettings()
    settings.communication = .listwise
    settings.passing = passing
    settings.passingRate = 0.5
    settings.passingWeights = (0..<3).map { Array(beta[3 * $0..<3 * $0 + 3]) }
    _ = try golden.expect("listwise-\(passing.rawValue)", leaders: [0, 1, 2], settings)
  }

  /// The product with the Hessian agrees with double backward in float64 to 1e-2 of its length.
  @Test(arguments: executions) func hessian(execution: MaskedExecution?) throws {
    let golden = try golden(3, execution)
    let network = golden.network
    let context = try golden.context(0, task: 1)
    context.computeGradients(of: 2)
    let v = context.takeGradient(of: network.shared)
    for parameter in network.parameters { parameter.clearGradient() }
    let before = Weights(of: network.parameters)
    let product = context.hessian(of: 1, over: network.shared, times: v)
    #expect(Weights(of: network.parameters).isIdentical(to: before))
    #expect(network.parameters.allSatisfy { !$0.hasGradient })
    product.deliver()
    var (difference, length) = (0.0, 0.0)
    for parameter in network.shared {
      let name = (golden.isMasked ? "masked-" : "") + "hessian.\(parameter.name)"
      for (own, exact) in zip(parameter.spread(parameter.gradient), try golden.file.floats(name)) {
        difference += pow(Double(own - exact), 2)
        length += pow(Double(exact), 2)
      }
    }
    #expect((difference / length).squareRoot() < 1e-2 && length > 1e-6)
  }

  @Test(
    arguments: [(StepSettings.Balance.sum, 3), (.pcgrad, 2), (.cagrad, 3), (.uncertainty, 3)],
    executions)
  func joint(_ balance: (StepSettings.Balance, Int), execution: MaskedExecution?) throws {
    let golden = try golden(balance.1, execution)
    var settings = StepSettings()
    settings.balance = balance.0
    let method = try golden.expect(balance.0.rawValue, leaders: [0, 0, 0], settings)
    guard balance.0 == .uncertainty else { return }
    let found = method.state(of: []).first { $0.name == "balance.log-variances" }
    let expected = try golden.file.floats((golden.isMasked ? "masked-" : "") + "uncertainty.s")
    for (own, other) in zip(try #require(found).values, expected) {
      #expect(abs(own - other) < 1e-4)
    }
  }
}
