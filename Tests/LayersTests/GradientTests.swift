import Basics
import Layers
import Masks
import Tensors
import Testing

@Suite struct GradientTests {
  static let lengths = [[1], [3], [4, 3, 1], [3, 3, 2, 1]]

  /// Masks about half of the weights of `parameters`.
  private func mask(_ parameters: [Parameter]) {
    var stream = RandomStream(seed: 6, "mask")
    for parameter in parameters {
      var mask = BitMask(repeating: false, count: parameter.count)
      for i in 0..<parameter.count { mask[i] = stream.uniform() < 0.5 }
      parameter.mask = mask
    }
  }

  @Test(arguments: lengths, [1, 2, 3]) func biLSTM(lengths: [Int], layers: Int) {
    for (hidden, masked) in [(1, false), (3, true), (5, false)] {
      let batch = FiniteDifferences.batch(lengths: lengths)
      let lstm = BiLSTM("lstm", inputs: 4, hidden: hidden, layers: layers, seed: 1)
      if masked { mask(lstm.parameters.filter(\.isPrunable)) }
      FiniteDifferences(
        inputs: [FiniteDifferences.tensor([batch.tokenCount, 4], "x")], parameters: lstm.parameters
      ) { lstm($0[0], packing: batch.packing, on: $1) }.check()
    }
  }

  @Test(arguments: [false, true]) func characterCNN(masked: Bool) {
    let batch = FiniteDifferences.batch(lengths: [4, 2])
    let cnn = CharacterCNN(alphabet: 7, dimension: 4, filters: 3, seed: 2)
    if masked { mask([cnn.weight]) }
    FiniteDifferences(inputs: [], parameters: cnn.parameters) { cnn(batch.inputs, on: $1) }.check(
      step: 1e-3)
  }

  @Test(arguments: [false, true]) func embedding(masked: Bool) {
    let embedding = Embedding("words", count: 6, dimension: 3, seed: 1)
    if masked { mask([embedding.weight]) }
    FiniteDifferences(inputs: [], parameters: [embedding.weight]) {
      embedding([5, 0, 2, 2, 5, 5], on: $1)
    }.check()
    #expect(embedding.weight.touchedRows == [5, 0, 2])
  }

  @Test func linear() {
    let linear = Linear("heads.x", inputs: 5, outputs: 3, seed: 1)
    FiniteDifferences(
      inputs: [FiniteDifferences.tensor([4, 5], "x")], parameters: [linear.weight, linear.bias]
    ) { linear($0[0], on: $1) }.check()
  }

  @Test func dropout() {
    FiniteDifferences(inputs: [FiniteDifferences.tensor([61, 5], "x")], parameters: []) {
      Dropout(rate: 0.4, key: 9)($0[0], on: $1)
    }.check()
  }

  /// Word vectors beside rows of features, with dropout over both.
  @Test(arguments: [0, 0.4] as [Float]) func embeddingBesideFeatures(rate: Float) {
    let embedding = Embedding("words", count: 6, dimension: 3, seed: 1)
    FiniteDifferences(
      inputs: [FiniteDifferences.tensor([3, 4], "y")], parameters: [embedding.weight]
    ) { inputs, tape in
      embedding(
        [5, 0, 2, 2], beside: (inputs[0], [2, 0, 2, 1]), dropout: Dropout(rate: rate, key: 9),
        on: tape)
    }.check()
  }

  @Test(arguments: lengths) func softmaxLoss(lengths: [Int]) {
    let batch = FiniteDifferences.batch(lengths: lengths)
    FiniteDifferences(
      inputs: [FiniteDifferences.tensor([batch.tokenCount, 4], "scores")], parameters: []
    ) { SoftmaxHead().loss($0[0], batch: batch, on: $1) }.check()
  }

  @Test(arguments: lengths, [1, 4]) func crfLoss(lengths: [Int], classes: Int) {
    let batch = FiniteDifferences.batch(lengths: lengths, classes: classes)
    let crf = CRFHead("heads.x", classes: classes, seed: 1)
    FiniteDifferences(
      inputs: [FiniteDifferences.tensor([batch.tokenCount, classes], "scores")],
      parameters: crf.parameters
    ) { crf.loss($0[0], batch: batch, on: $1) }.check()
  }

  /// Two threads, one a direction, give the same bits as one.
  @Test func biLSTMIsIndependentOfThreads() {
    let batch = FiniteDifferences.batch(lengths: [6, 5, 5, 2])
    let lstm = BiLSTM("lstm", inputs: 9, hidden: 17, layers: 2, seed: 1)
    let x = FiniteDifferences.tensor([batch.tokenCount, 9], "x")
    let results = [1, 2].map { threads -> [[Float]] in
      for parameter in lstm.parameters { parameter.clearGradient() }
      let tape = Tape(threads: threads)
      let input = tape.variable(x)
      let y = lstm(input, packing: batch.packing, on: tape)
      tape.backward(from: y)
      return [y.value.values, input.gradient!.values] + lstm.parameters.map { Array($0.gradient) }
    }
    #expect(results[0] == results[1])
  }
}
