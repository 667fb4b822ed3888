import Basics
import Batches
import Foundation
import Sharing
import Tensors
import Testing

/// A sluice network against one written in PyTorch (Fixtures/make_sluice.py).
@Suite struct GoldenSluiceTests {
  private let file: SafeTensors
  private let network: any SharingNetwork

  init() throws {
    let url = Bundle.module.url(
      forResource: "sluice", withExtension: "safetensors", subdirectory: "Fixtures")
    let file = try SafeTensors(contentsOf: #require(url).path)
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
    let penalty = try file.floats("orthogonality")[0]
    network = try Small.network("sluice", sizes, tasks) { $0.sluice.orthogonality = penalty }
    let names = file.tensors.map(\.name).filter { $0.hasPrefix("initial.") }
    #expect(Set(names) == Set(network.parameters.map { "initial.\($0.name)" }))
    for parameter in network.parameters {
      #expect(try shape(parameter.name) == parameter.shape)
      try file.copyFloats(of: "initial.\(parameter.name)", into: parameter.values)
    }
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

  /// Scores, loss, Ω, and gradients of λ · loss + Ω.
  @Test(arguments: [0, 1, 2], [1, 2]) func step(task: Int, threads: Int) throws {
    let name = network.tasks[task].name
    let sizes = try integers("step\(task).step_sizes").map(Int.init)
    #expect(try integers("step\(task).task") == [Int32(task)])
    let batch = Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: try integers("step\(task).words"), forms: try integers("step\(task).forms"),
        formStarts: try integers("step\(task).form_starts"),
        characters: try integers("step\(task).characters")),
      labels: try integers("step\(task).labels"))
    let tape = Tape(threads: threads)
    let output = network.output(of: task, batch, draws: nil, on: tape)
    #expect(try difference(output.scores.value.values, "\(name).scores") < 2e-6)
    let loss = network.head(of: task).loss(output.scores, batch: batch, on: tape)
    #expect(try difference(loss.value.values, "\(name).loss") < 2e-6)
    let penalty = try #require(output.losses.first)
    #expect(output.losses.count == 1 && penalty.name == "orthogonality")
    #expect(try difference(penalty.value.value.values, "\(name).penalty") < 2e-6)
    tape.backward(from: [(loss, network.tasks[task].lossWeight), (penalty.value, 1)])
    let prefix = "\(name).gradient."
    let golden = file.tensors.map(\.name).filter { $0.hasPrefix(prefix) }
    // All α, this task's β, both embeddings, character BiLSTM, all input matrices.
    #expect(golden.count == 2 + 1 + 2 + 8 + 12)
    for key in golden {
      let parameter = network.parameter(String(key.dropFirst(prefix.count)))
      #expect(parameter.hasGradient)
      #expect(try difference(parameter.gradient, key) < 5e-6, "\(key)")
    }
  }
}
