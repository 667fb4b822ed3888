import Basics
import Batches
import Foundation
import Masks
import Sharing
import Tensors
import Testing
import Training

/// A training run that PyTorch did (Tests/LayersTests/Fixtures/make_goldens.py), to be repeated.
private struct GoldenRun {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("LayersTests/Fixtures")

  let file: SafeTensors
  let network: HardSharing

  init(_ name: String) throws {
    let file = try SafeTensors(
      contentsOf: Self.folder.appendingPathComponent("\(name).safetensors").path)
    func shape(_ name: String) throws -> [Int] { try #require(file.entry("initial.\(name)")).shape }
    var sizes = NetworkShape(
      words: try shape("words.weight")[0], characters: try shape("characters.weight")[0])
    sizes.wordDimension = try shape("words.weight")[1]
    sizes.characterDimension = try shape("characters.weight")[1]
    sizes.characterFilters = try shape("conv.weight")[0]
    sizes.hidden = try shape("lstm.weight_hh_l0")[1]
    sizes.dropout = 0
    sizes.wordDropout = 0
    self.file = file
    network = HardSharing(
      sizes,
      tasks: [
        TaskShape(name: "pos", classes: try shape("heads.pos.bias")[0]),
        TaskShape(name: "ner", classes: try shape("heads.ner.bias")[0], head: .crf),
      ], seed: 1)
    for parameter in network.parameters {
      try file.copyFloats(of: "initial.\(parameter.name)", into: parameter.values)
    }
  }

  private func integers(_ name: String) throws -> [Int32] {
    try file.floats(name).map { Int32($0) }
  }

  private func batch(_ step: Int) throws -> Batch {
    let sizes = try integers("step\(step).step_sizes").map(Int.init)
    return Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: try integers("step\(step).words"), forms: try integers("step\(step).forms"),
        formStarts: try integers("step\(step).form_starts"),
        characters: try integers("step\(step).characters")),
      labels: try integers("step\(step).labels"))
  }

  /// The tasks' masks.
  func masks() throws -> [MaskSet] {
    try ["pos", "ner"].map { task in
      MaskSet(
        try network.prunable.map { parameter in
          let bits = try file.floats("mask.\(task).\(parameter.name)")
          var mask = BitMask(repeating: false, count: bits.count)
          for i in bits.indices { mask[i] = bits[i] == 1 }
          return .init(name: parameter.name, shape: parameter.shape, mask: mask)
        })
    }
  }

  /// Steps of the loop's own method as the fixture has them; three make an epoch, after which the
  /// rate changes.
  func train(
    _ network: any SharingNetwork, _ optimizer: any Optimizer, prefix: String = ""
  ) throws {
    let method = PlainStep(optimizer)
    let losses = try file.floats(prefix + "losses")
    let rates = try file.floats(prefix + "learning_rates")
    let tasks = try integers("tasks")
    let clipping = Clipping(.norm, limit: try file.floats("clip")[0])
    for step in losses.indices {
      if step > 0, step % 3 == 0 { method.settle() }
      let found = try method.step(
        StepContext(
          network, task: Int(tasks[step]), batch: batch(step), rate: rates[step],
          clipping: clipping, draws: nil, threads: 1 + step % 2))
      #expect(found.count == 1 && found[0].task == tasks[step] && found[0].name == nil)
      #expect(abs(Float(found[0].value) - losses[step]) < 2e-5, "loss of step \(step)")
    }
    method.settle()
    for parameter in network.parameters {
      let expected = try file.floats("\(prefix)final.\(parameter.name)")
      let worst = zip(parameter.elements, expected).map { abs($0 - $1) }.max()!
      #expect(worst < 3e-5, "\(parameter.name): \(worst)")
    }
  }
}

@Suite struct GoldenTrainingTests {
  @Test func momentum() throws {
    let golden = try GoldenRun("training")
    let momentum = try golden.file.floats("momentum")[0]
    try golden.train(golden.network, SGD(momentum: momentum))
  }

  @Test func adam() throws {
    let golden = try GoldenRun("training")
    try golden.train(golden.network, Adam(), prefix: "adam.")
  }

  @Test func adaDelta() throws {
    let golden = try GoldenRun("adadelta")
    try golden.train(golden.network, AdaDelta())
  }

  @Test(arguments: MaskedExecution.allCases) func maskedAdaDelta(
    execution: MaskedExecution
  ) throws {
    let golden = try GoldenRun("adadelta")
    let network = try SparseSharing(golden.network, masks: golden.masks(), execution: execution)
    try golden.train(network, AdaDelta(), prefix: "masked.")
  }

  /// Strict updates: masked gradients are clipped together, and weights and momentum move only
  /// in steps of tasks whose mask holds them.
  @Test(arguments: MaskedExecution.allCases) func masked(execution: MaskedExecution) throws {
    let golden = try GoldenRun("masked")
    let momentum = try golden.file.floats("momentum")[0]
    try golden.train(
      SparseSharing(golden.network, masks: golden.masks(), execution: execution),
      SGD(momentum: momentum))
  }
}
