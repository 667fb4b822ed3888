import Basics
import Batches
import Foundation
import Layers
import Masks
import Tensors
import Testing

/// Layers and losses against values computed by PyTorch (Fixtures/make_goldens.py).
@Suite struct GoldenTests {
  private func fixture(_ name: String) throws -> SafeTensors {
    let url = Bundle.module.url(
      forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")
    return try SafeTensors(contentsOf: #require(url).path)
  }

  private func tensor(_ file: SafeTensors, _ name: String) throws -> Tensor {
    Tensor(try #require(file.entry(name)).shape, try file.floats(name), in: Workspace())
  }

  private func load(_ parameters: [Parameter], _ file: SafeTensors, _ key: (Parameter) -> String)
    throws
  {
    for parameter in parameters { try file.copyFloats(of: key(parameter), into: parameter.values) }
  }

  private func expectNear(
    _ a: some Sequence<Float>, _ file: SafeTensors, _ name: String, tolerance: Float = 2e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try file.floats(name)
    let a = Array(a)
    #expect(a.count == expected.count, sourceLocation: sourceLocation)
    let worst = zip(a, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
    #expect(worst <= tolerance, "\(name): \(worst)", sourceLocation: sourceLocation)
  }

  private func batch(_ sizes: [Int], labels: [Int32] = []) -> Batch {
    Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes), inputs: Inputs(),
      labels: labels)
  }

  /// Fully connected layers under masks and the loss of values, however masks are executed.
  @Test(arguments: [false, true]) func vectors(isSparse: Bool) throws {
    let file = try fixture("vectors")
    let x = try tensor(file, "x")
    let states = try tensor(file, "states").shape
    let stack = FullyConnected("mlp", inputs: x.shape[1], hidden: states[1], layers: 2, seed: 1)
    let key = { (p: Parameter) in String(p.name.dropFirst("mlp.".count)) }
    try load(stack.parameters, file, key)
    for (index, weight) in stack.weights.enumerated() {
      let mask = BitMask(try file.floats("\(index).mask").map { $0 == 1 })
      weight.alive = AliveWeights(mask, of: weight, isSparse: isSparse)
    }
    let head = Linear("head", inputs: states[1], outputs: 1, seed: 1)
    try load([head.weight, head.bias], file, \.name)
    let batch = Batch(
      sentences: Array(0..<states[0]), packing: Packing(stepSizes: [states[0]]), inputs: Inputs(),
      values: try file.floats("gold"))
    let tape = Tape()
    let input = tape.variable(x)
    let y = stack(input, packing: batch.packing, on: tape)
    try expectNear(y.value.values, file, "states")
    let loss = RegressionHead().loss(head(y, on: tape), batch: batch, on: tape)
    try expectNear(loss.value.values, file, "loss")
    tape.backward(from: loss)
    try expectNear(input.gradient!.values, file, "x_gradient")
    for parameter in [head.weight, head.bias] {
      try expectNear(parameter.gradient, file, parameter.name + "_gradient", tolerance: 5e-6)
    }
    for parameter in stack.parameters {
      // A dead weight's gradient is masked in PyTorch; here nothing reads it.
      let mask = parameter.mask
      let own = parameter.gradient.enumerated().map { mask?[$0] ?? true ? $1 : 0 }
      try expectNear(own, file, key(parameter) + "_gradient", tolerance: 5e-6)
    }
  }

  @Test(arguments: [1, 2]) func biLSTM(layers: Int) throws {
    let file = try fixture("bilstm")
    let prefix = "layers\(layers)."
    let x = try tensor(file, prefix + "input")
    let hidden = try tensor(file, prefix + "output").shape[1] / 2
    let lstm = BiLSTM("lstm", inputs: x.shape[1], hidden: hidden, layers: layers, seed: 1)
    let key = { (p: Parameter) in prefix + p.name.dropFirst("lstm.".count) }
    try load(lstm.parameters, file, key)
    let tape = Tape()
    let input = tape.variable(x)
    let packing = Packing(stepSizes: try file.floats("step_sizes").map { Int($0) })
    let y = lstm(input, packing: packing, on: tape)
    try expectNear(y.value.values, file, prefix + "output")
    tape.backward(from: y, gradient: try tensor(file, prefix + "upstream"))
    try expectNear(input.gradient!.values, file, prefix + "input_gradient", tolerance: 5e-6)
    for parameter in lstm.parameters {
      try expectNear(parameter.gradient, file, key(parameter) + "_gradient", tolerance: 5e-6)
    }
  }

  @Test func characterCNN() throws {
    let file = try fixture("charcnn")
    let table = try #require(file.entry("characters.weight")).shape
    let filters = try #require(file.entry("conv.bias")).shape[0]
    let cnn = CharacterCNN(alphabet: table[0], dimension: table[1], filters: filters, seed: 1)
    try load(cnn.parameters, file) { $0.name }
    let forms = Inputs(
      formStarts: try file.floats("form_starts").map { Int32($0) },
      characters: try file.floats("characters").map { Int32($0) })
    let tape = Tape()
    let y = cnn(forms, on: tape)
    try expectNear(y.value.values, file, "output")
    tape.backward(from: y, gradient: try tensor(file, "upstream"))
    for parameter in cnn.parameters {
      try expectNear(parameter.gradient, file, parameter.name + "_gradient")
    }
  }

  @Test func characterBiLSTM() throws {
    let file = try fixture("charlstm")
    let table = try #require(file.entry("characters.weight")).shape
    let hidden = try #require(file.entry("output")).shape[1] / 2
    let layer = CharacterBiLSTM(alphabet: table[0], dimension: table[1], hidden: hidden, seed: 1)
    try load(layer.parameters, file) { $0.name }
    let forms = Inputs(
      formStarts: try file.floats("form_starts").map { Int32($0) },
      characters: try file.floats("characters").map { Int32($0) })
    let tape = Tape()
    let y = layer(forms, on: tape)
    try expectNear(y.value.values, file, "output")
    tape.backward(from: y, gradient: try tensor(file, "upstream"))
    for parameter in layer.parameters {
      try expectNear(parameter.gradient, file, parameter.name + "_gradient", tolerance: 5e-6)
    }
  }

  @Test func softmax() throws {
    let file = try fixture("softmax")
    let labels = try file.floats("labels").map { Int32($0) }
    let tape = Tape()
    let logits = tape.variable(try tensor(file, "logits"))
    let loss = SoftmaxHead().loss(logits, batch: batch([labels.count], labels: labels), on: tape)
    try expectNear(loss.value.values, file, "loss")
    tape.backward(from: loss)
    try expectNear(logits.gradient!.values, file, "logits_gradient")
  }

  @Test func crf() throws {
    let file = try fixture("crf")
    let crf = CRFHead("x", classes: try #require(file.entry("start")).shape[0], seed: 1)
    try load(crf.parameters, file) { String($0.name.dropFirst(2)) }
    let batch = batch(
      try file.floats("step_sizes").map { Int($0) },
      labels: try file.floats("labels").map { Int32($0) })
    let tape = Tape()
    let emissions = tape.variable(try tensor(file, "emissions"))
    let loss = crf.loss(emissions, batch: batch, on: tape)
    try expectNear(loss.value.values, file, "loss")
    tape.backward(from: loss)
    try expectNear(emissions.gradient!.values, file, "emissions_gradient")
    for parameter in crf.parameters {
      try expectNear(parameter.gradient, file, parameter.name.dropFirst(2) + "_gradient")
    }
    let path = crf.decode(emissions.value, batch: batch)
    #expect(path == (try file.floats("viterbi_path").map { Int32($0) }))
  }
}
