import CKernels
import Testing

@Suite struct PeakTests {
  @Test(arguments: KernelTests.levels) func countsWhatItDoes(level: Int) {
    KernelTests.withLevel(level) {
      let lanes = [4, 8, 16][level]
      var sum: Float = 0
      #expect(tk_multiply_add(0, &sum) == 0)
      #expect(tk_multiply_add(200, &sum) == 200 * 12 * lanes * 2)
      // x ← x/2 + 1/4 ends at 1/2 from anywhere.
      #expect(sum == Float(12 * lanes) / 2)
    }
  }
}
