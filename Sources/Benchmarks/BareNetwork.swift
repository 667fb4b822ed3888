import Basics
import Batches
import Layers
import Sharing
import Tensors

/// The BiLSTM alone, over random inputs: its states stand where scores would.
final class BareNetwork: SharingNetwork {
  let tasks: [TaskShape]
  private let lstm: BiLSTM
  private let inputs: Int
  /// Random numbers, as many as the largest batch needs.
  private var numbers: [Float] = []
  private var stream: RandomStream

  /// A BiLSTM of the sizes of `shape`.
  init(_ shape: NetworkShape, tasks: [TaskShape], seed: UInt64) {
    self.tasks = tasks
    inputs = shape.inputWidth
    lstm = BiLSTM(
      "lstm", inputs: inputs, hidden: shape.hidden, layers: shape.layers, seed: seed)
    stream = RandomStream(seed: seed, "bench inputs")
  }

  var parameters: [Parameter] { lstm.parameters }
  var parts: NetworkParts { NetworkParts(words: nil, encoders: lstm.weights, heads: []) }
  func parameters(of task: Int) -> [Parameter] { lstm.parameters }
  func activate(tasks: [Int]) {}

  func output(of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape) -> TaskOutput {
    let input = tape.tensor([batch.tokenCount, inputs])
    while numbers.count < input.count { numbers.append(stream.uniform(within: 1)) }
    input.pointer.update(from: numbers, count: input.count)
    return TaskOutput(
      scores: tape.part("BiLSTM") {
        lstm(tape.variable(input), packing: batch.packing, on: tape)
      })
  }

  func head(of task: Int) -> any Head { SoftmaxHead() }
}
