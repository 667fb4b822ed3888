import Basics
import Masks

/// A mask in which each weight is alive with probability `density`, to 16 bits.
func randomMask(_ count: Int, density: Double, _ stream: inout RandomStream) -> BitMask {
  let threshold = UInt64((density * 65536).rounded())
  var words = [UInt64](repeating: 0, count: (count + 63) / 64)
  for i in stride(from: 0, to: count, by: 4) {
    let draw = stream.next()
    for j in 0..<min(4, count - i) where draw >> UInt64(16 * j) & 0xffff < threshold {
      words[(i + j) >> 6] |= 1 << UInt64((i + j) & 63)
    }
  }
  return BitMask(words: words, count: count)
}

/// The shapes of the prunable tensors of the published network: a char CNN and a 2-layer BiLSTM
/// with 130 inputs and 200 hidden units per direction, about 1.5 million weights.
let publishedLayout: [(name: String, shape: [Int])] =
  [("conv.weight", [30, 30, 3])]
  + ["", "_reverse"].flatMap { suffix in
    [
      ("lstm.weight_ih_l0\(suffix)", [800, 130]), ("lstm.weight_hh_l0\(suffix)", [800, 200]),
      ("lstm.weight_ih_l1\(suffix)", [800, 400]), ("lstm.weight_hh_l1\(suffix)", [800, 200]),
    ]
  }

func randomMasks(
  _ layout: [(name: String, shape: [Int])], _ stream: inout RandomStream,
  density: (Int) -> Double
) -> MaskSet {
  MaskSet(
    layout.enumerated().map { i, tensor in
      MaskSet.Entry(
        name: tensor.name, shape: tensor.shape,
        mask: randomMask(tensor.shape.reduce(1, *), density: density(i), &stream))
    })
}

func ticket(_ masks: MaskSet, task: String = "ner", origin: UInt8 = 7) -> Ticket {
  Ticket(
    task: task, round: 3, criterion: "magnitude", scope: "global", devScore: 0.875,
    origin: Array(repeating: origin, count: 32), masks: masks)
}

/// What `body` fails with, or nil if it does not throw a `Failure`.
func failure(_ body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? Failure
  }
}
