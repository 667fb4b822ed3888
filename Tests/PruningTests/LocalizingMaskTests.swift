import Masks
import Pruning
import Testing

/// TALL masks, by hand.
@Suite struct LocalizingMaskTests {
  private let start: [Float] = [0, 0, 1, -1, 0.5, 0.5, 2]
  private let own: [Float] = [1, 1, 1, 1, 0.5, 0.25, 2]
  private let joint: [Float] = [1, -1, 3, 0, 0.5, 0.75, 4]

  /// |θ⁰ − θ_t| is 1, 1, 0, 2, 0, ¼, 0; |θ_MT − θ_t| is 0, 2, 2, 1, 0, ½, 2.
  @Test(
    arguments: zip(
      [Float(0), 0.25, 0.5, 1, 2], [[0, 1, 3, 5], [0, 1, 3, 5], [0, 3], [0, 3], [0]]))
  func masksByHand(lambda: Float, alive: [Int]) {
    let mask = LocalizingMask.mask(start: start, own: own, joint: joint, lambda: lambda)
    #expect(Array(mask.aliveIndices) == alive)
  }

  @Test func localizedWeightsAreOfEither() {
    let mask = BitMask([true, false, true, false, true, false, false])
    #expect(
      LocalizingMask.localized(start: start, joint: joint, mask: mask)
        == [1, 0, 3, -1, 0.5, 0.5, 2])
  }
}
