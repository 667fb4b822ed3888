import Basics
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
    inputs = shape.wordDimension + shape.characterFilters
    lstm = BiLSTM(
      "lstm", inputs: inputs, hidden: shape.hidden, layers: shape.layers, seed: seed)
    stream = RandomStream(seed: seed, "bench inputs")
  }

  var parameters: [Parameter] { lstm.parameters }
  func parameters(of task: Int) -> [Parameter] { lstm.parameters }
  func activate(task: Int) {}
  func rowsRead(by batch: Batch) -> [(embedding: Parameter, rows: [Int32])] { [] }

  func scores(of task: Int, _ batch: Batch, chance: Chance?, on tape: Tape) -> Variable {
    let input = tape.tensor([batch.tokenCount, inputs])
    while numbers.count < input.count { numbers.append(stream.uniform(within: 1)) }
    input.pointer.update(from: numbers, count: input.count)
    return tape.part("BiLSTM") { lstm(tape.variable(input), batch: batch, on: tape) }
  }

  func head(of task: Int) -> any Head { SoftmaxHead() }
}
