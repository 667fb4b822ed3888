import Basics
import Batches
import Foundation
import Sharing
import Tensors
import Testing

/// Shared and private encoders with an adversary and orthogonality against PyTorch
/// (Fixtures/make_shared_private.py).
@Suite struct GoldenSharedPrivateTests {
  private let file: SafeTensors

  init() throws {
    let url = Bundle.module.url(
      forResource: "shared_private", withExtension: "safetensors", subdirectory: "Fixtures")
    file = try SafeTensors(contentsOf: #require(url).path)
  }

  /// The network of `form` with the fixture's weights.
  private func network(_ form: String) throws -> any SharingNetwork {
    func shape(_ name: String) throws -> [Int] {
      try #require(file.entry("\(form).initial.\(name)")).shape
    }
    var sizes = NetworkShape(
      words: try shape("words.weight")[0], characters: try shape("characters.weight")[0])
    sizes.wordDimension = try shape("words.weight")[1]
    sizes.characterEncoder = .bilstm
    sizes.characterDimension = try shape("characters.weight")[1]
    sizes.characterHidden = try shape("char_lstm.weight_hh_l0")[1]
    sizes.hidden = try shape("lstm.weight_hh_l0")[1]
    sizes.headHidden = try shape("heads.pos.hidden.bias")[0]
    sizes.layers = form == "stacked" ? 1 : 2
    sizes.pooling = form == "stacked" ? .last : .mean
    let weights = try file.floats("loss_weights")
    let tasks = try ["pos", "ner", "chunk"].enumerated().map { index, name in
      TaskShape(
        name: name, classes: try shape("heads.\(name).bias")[0],
        head: name == "ner" ? .crf : .softmax, lossWeight: weights[index])
    }
    var settings = WritingSettings()
    settings.adversary = try file.floats("adversary")[0]
    settings.orthogonality = try file.floats("orthogonality")[0]
    let name = form == "stacked" ? "stacked" : "shared-private"
    let network = WrittenStates(
      try Small.network(name, sizes, tasks), sizes, settings, seed: nil)
    let prefix = "\(form).initial."
    let names = file.tensors.map(\.name).filter { $0.hasPrefix(prefix) }
    #expect(Set(names) == Set(network.parameters.map { prefix + $0.name }))
    for parameter in network.parameters {
      #expect(try shape(parameter.name) == parameter.shape)
      try file.copyFloats(of: prefix + parameter.name, into: parameter.values)
    }
    return network
  }

  private func integers(_ name: String) throws -> [Int32] {
    try file.floats(name).map { Int32($0) }
  }

  /// The greatest difference, relative to the greatest number.
  private func difference(_ a: some Sequence<Float>, _ name: String) throws -> Float {
    let a = Array(a)
    let expected = try file.floats(name)
    #expect(a.count == expected.count)
    let size = max(1e-2, expected.map(abs).max()!)
    return zip(a, expected).map { abs($0 - $1) }.max()! / size
  }

  /// Scores, losses, and every gradient of λ · loss plus both losses on states.
  @Test(arguments: ["beside", "stacked"], [0, 1, 2]) func step(form: String, task: Int) throws {
    let network = try network(form)
    let name = network.tasks[task].name
    #expect(try integers("\(name).task") == [Int32(task)])
    let sizes = try integers("\(name).step_sizes").map(Int.init)
    let batch = Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: try integers("\(name).words"), forms: try integers("\(name).forms"),
        formStarts: try integers("\(name).form_starts"),
        characters: try integers("\(name).characters")),
      labels: try integers("\(name).labels"))
    let tape = Tape()
    let output = network.output(of: task, batch, draws: nil, on: tape)
    let key = "\(form).\(name)"
    #expect(try difference(output.scores.value.values, "\(key).scores") < 2e-6)
    let loss = network.head(of: task).loss(output.scores, batch: batch, on: tape)
    #expect(try difference(loss.value.values, "\(key).loss") < 2e-6)
    #expect(output.losses.map(\.name) == ["adversary", "orthogonal-states"])
    for loss in output.losses {
      #expect(try difference(loss.value.value.values, "\(key).\(loss.name)") < 2e-6)
    }
    tape.backward(
      from: [(loss, network.tasks[task].lossWeight)] + output.losses.map { ($0.value, 1) })
    let prefix = "\(key).gradient."
    let golden = file.tensors.map(\.name).filter { $0.hasPrefix(prefix) }
    #expect(Set(golden) == Set(network.parameters(of: task).map { prefix + $0.name }))
    for key in golden {
      let parameter = network.parameter(String(key.dropFirst(prefix.count)))
      #expect(parameter.hasGradient)
      #expect(try difference(parameter.gradient, key) < 1e-5, "\(key)")
    }
  }
}
