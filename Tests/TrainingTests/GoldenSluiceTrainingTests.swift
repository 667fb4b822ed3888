import Basics
import Batches
import Foundation
import Sharing
import Tensors
import Testing
import Training

/// A sluice network trained by torch.optim.SGD (Tests/SharingTests/Fixtures/make_sluice.py), to be
/// repeated.
@Suite struct GoldenSluiceTrainingTests {
  private static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("SharingTests/Fixtures/sluice.safetensors").path

  private let file: SafeTensors
  private let network: any SharingNetwork

  init() throws {
    let file = try SafeTensors(contentsOf: Self.path)
    self.file = file
    func shape(_ name: String) throws -> [Int] { try #require(file.entry("initial.\(name)")).shape }
    var sizes = NetworkShape(
      words: try shape("words.weight")[0], characters: try shape("characters.weight")[0])
    sizes.wordDimension = try shape("words.weight")[1]
    sizes.characterEncoder = .bilstm
    sizes.characterDimension = try shape("characters.weight")[1]
    sizes.characterHidden = try shape("char_lstm.weight_hh_l0")[1]
    sizes.hidden = try shape("lstm.pos.weight_hh_l0")[1]
    sizes.headHidden = try shape("heads.pos.hidden.bias")[0]
    let weights = try file.floats("loss_weights")
    let tasks = try ["pos", "ner", "chunk"].enumerated().map { index, name in
      TaskShape(
        name: name, classes: try shape("heads.\(name).bias")[0],
        head: name == "ner" ? .crf : .softmax, lossWeight: weights[index])
    }
    var settings = SluiceSettings()
    settings.orthogonality = try file.floats("orthogonality")[0]
    network = try SluiceNetwork(sizes, tasks: tasks, settings: settings, seed: nil)
    for parameter in network.parameters {
      try file.copyFloats(of: "initial.\(parameter.name)", into: parameter.values)
    }
  }

  private func batch(_ step: Int) throws -> Batch {
    func integers(_ name: String) throws -> [Int32] {
      try file.floats("step\(step).\(name)").map { Int32($0) }
    }
    let sizes = try integers("step_sizes").map(Int.init)
    return Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: try integers("words"), forms: try integers("forms"),
        formStarts: try integers("form_starts"),
        characters: try integers("characters")),
      labels: try integers("labels"))
  }

  /// Tasks in turn, with momentum, λ and Ω: α, β and every stack end where PyTorch's do.
  @Test func momentum() throws {
    let losses = try file.floats("losses")
    let rate = try file.floats("rate")[0]
    let method = PlainStep(SGD(momentum: try file.floats("momentum")[0]))
    #expect(losses.count == 7)
    for step in losses.indices {
      let found = try method.step(
        StepContext(
          network, task: Int(try file.floats("step\(step).task")[0]), batch: batch(step),
          rate: rate, clipping: Clipping(.norm, limit: 0), draws: nil, threads: 1 + step % 2))
      #expect(found.map(\.name) == [nil, "orthogonality"])
      let value = Float(found[0].value)
      #expect(abs(value - losses[step]) < 1e-5 * max(1, losses[step]), "loss of step \(step)")
    }
    method.settle()
    for parameter in network.parameters {
      let expected = try file.floats("final.\(parameter.name)")
      let worst = zip(parameter.elements, expected).map { abs($0 - $1) }.max()!
      #expect(worst < 1e-5, "\(parameter.name): \(worst)")
    }
  }
}
