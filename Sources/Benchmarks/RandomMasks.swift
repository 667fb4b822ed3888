import Basics
import Masks
import Sharing
import Tensors

extension MaskSet {
  /// Random masks for the prunable tensors of `network`: every weight of every tensor is alive
  /// with probability `density`, by itself. Tasks differ in `task`.
  package static func random(
    for network: any SharingNetwork, density: Double, seed: UInt64, task: String
  ) -> MaskSet {
    MaskSet(
      network.prunable.map { parameter in
        var stream = RandomStream(seed: seed, "bench mask", task, parameter.name)
        let words = (0..<(parameter.elementCount + 63) / 64).map { word in
          (0..<min(64, parameter.elementCount - 64 * word)).reduce(into: UInt64(0)) { bits, bit in
            if stream.uniform() < Float(density) { bits |= 1 << UInt64(bit) }
          }
        }
        return Entry(
          name: parameter.name, shape: parameter.shape,
          mask: BitMask(words: words, count: parameter.elementCount))
      })
  }
}
