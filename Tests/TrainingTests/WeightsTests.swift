import Masks
import Sharing
import Tensors
import Testing
import Training

@Suite struct WeightsTests {
  /// A copy taken anew has the new values in the old memory, however they are stored.
  @Test(arguments: [nil, 0.2] as [Float?]) func updatesInPlace(density: Float?) throws {
    let network = try SmallData().network()
    if let density {
      let masks = SmallData.masks(network, density: density, seed: 1)
      _ = try SparseSharing(network, masks: [masks, masks], execution: .sparse)
      #expect(network.parameters.contains { $0.stored != nil })
    }
    var weights = Weights(of: network.parameters)
    let places = addresses(weights)
    for parameter in network.parameters {
      for i in 0..<parameter.count { parameter.values[i] += Float(i) }
    }
    #expect(!weights.isIdentical(to: Weights(of: network.parameters)))
    weights.update(from: network.parameters)
    #expect(weights.isIdentical(to: Weights(of: network.parameters)))
    #expect(addresses(weights) == places)
  }

  private func addresses(_ weights: Weights) -> [UnsafePointer<Float>?] {
    weights.entries.map { $0.values.withUnsafeBufferPointer(\.baseAddress) }
  }
}
