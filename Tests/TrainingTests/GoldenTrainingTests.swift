import Basics
import Foundation
import Layers
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
      sentences: Array(0..<sizes[0]), stepSizes: sizes, words: try integers("step\(step).words"),
      forms: try integers("step\(step).forms"), formStarts: try integers("step\(step).form_starts"),
      characters: try integers("step\(step).characters"),
      labels: try integers("step\(step).labels"))
  }

  /// Steps as the fixture has them; three make an epoch, after which the rate changes.
  func train(
    _ network: any SharingNetwork, _ optimizer: any Optimizer, prefix: String = ""
  ) throws {
    let losses = try file.floats(prefix + "losses")
    let norms = try file.floats(prefix + "norms")
    let rates = try file.floats(prefix + "learning_rates")
    let tasks = try integers("tasks")
    let clipping = Clipping(.norm, limit: try file.floats("clip")[0])
    for step in losses.indices {
      if step > 0, step % 3 == 0 { optimizer.settle(rate: rates[step - 1]) }
      let batch = try batch(step)
      let task = Int(tasks[step])
      let tape = Tape()
      network.activate(task: task)
      for (embedding, rows) in network.rowsRead(by: batch) {
        optimizer.catchUp(embedding, rows: rows, rate: rates[step])
      }
      let scores = network.scores(of: task, batch, chance: nil, on: tape)
      let loss = network.head(of: task).loss(scores, batch: batch, on: tape)
      tape.backward(from: loss)
      let parameters = network.parameters(of: task)
      let norm = Float(Clipping.norm(of: parameters))
      #expect(abs(loss.value.pointer[0] - losses[step]) < 2e-5, "loss of step \(step)")
      #expect(abs(norm - norms[step]) < 2e-5 * max(1, norms[step]), "norm of step \(step)")
      try optimizer.step(parameters, rate: rates[step], clipping: clipping, threads: 1 + step % 2)
      for parameter in parameters { parameter.clearGradient() }
    }
    optimizer.settle(rate: rates.last!)
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

  /// Strict updates: masked gradients are clipped together, and weights and momentum move only
  /// in steps of tasks whose mask holds them.
  @Test(arguments: MaskedExecution.allCases) func masked(execution: MaskedExecution) throws {
    let golden = try GoldenRun("masked")
    let masks = try ["pos", "ner"].map { task in
      MaskSet(
        try golden.network.prunable.map { parameter in
          let bits = try golden.file.floats("mask.\(task).\(parameter.name)")
          var mask = BitMask(repeating: false, count: bits.count)
          for i in bits.indices { mask[i] = bits[i] == 1 }
          return .init(name: parameter.name, shape: parameter.shape, mask: mask)
        })
    }
    let momentum = try golden.file.floats("momentum")[0]
    try golden.train(
      SparseSharing(golden.network, masks: masks, execution: execution), SGD(momentum: momentum))
  }
}
