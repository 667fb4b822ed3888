import CKernels
import Foundation
import Layers
import Tensors
import Testing

@Suite struct GaussianNoiseTests {
  /// What is added to `count` zeros.
  private func noise(
    _ count: Int, key: UInt64 = 7, deviation: Float = 1, threads: Int = 1
  ) -> [Float] {
    let tape = Tape(threads: threads)
    let zeros = Tensor([count], filledWith: 0, in: tape.workspace)
    return GaussianNoise(deviation: deviation, key: key)(tape.variable(zeros), on: tape)
      .value.values
  }

  /// Box and Muller over the kernels' hash, number by number in double.
  private func expected(_ place: Int, key: UInt64) -> Double {
    func hash(_ key: UInt64) -> UInt32 {
      var x = UInt32(place) ^ UInt32(truncatingIfNeeded: key)
      func mix(_ shift: UInt32, _ factor: UInt32) { x = (x ^ x >> shift) &* factor }
      mix(16, 0x7feb_352d)
      mix(15, 0x846c_a68b)
      x = (x ^ x >> 16) &+ UInt32(key >> 32)
      mix(16, 0x7feb_352d)
      mix(15, 0x846c_a68b)
      return (x ^ x >> 16) >> 8
    }
    let other = (key ^ key >> 32) &* 0x9e37_79b9_7f4a_7c15 &+ 0xd1b5_4a32_d192_ed03
    let u = Double(hash(key) + 1) / 0x1p24
    let v = Double(hash(other)) / 0x1p23 - 1
    return (-2 * log(u)).squareRoot() * sin(.pi / 2 * v)
  }

  @Test(arguments: Array(0...Int(tk_best_level()))) func kernelIsBoxAndMuller(level: Int) {
    tk_use_level_in_this_thread(Int32(level))
    defer { tk_use_level_in_this_thread(-1) }
    for (count, first) in [(1, 0), (63, 5), (64, 64), (65, 1), (20_000, 128)] {
      let x = (0..<count).map { Float($0 % 9) / 8 }
      // Nothing is written behind the end.
      var y = [Float](repeating: 99, count: count + 1)
      for key in [0, 0xdead_beef_0123_4567] as [UInt64] {
        tk_noise(count, x, &y, first, key, 0.5)
        let worst = (0..<count).map {
          abs(Double(y[$0]) - Double(x[$0]) - 0.5 * expected(first + $0, key: key))
        }.max()!
        #expect(worst < 1e-6 && y[count] == 99, "\(count) from \(first)")
      }
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64], [0.2, 1, 3] as [Float])
  func isNormal(key: UInt64, deviation: Float) {
    let count = 200_000
    let z = noise(count, key: key, deviation: deviation).map { Double($0 / deviation) }
    func mean(_ values: some Sequence<Double>) -> Double { values.reduce(0, +) / Double(count) }
    // Each bound is more than four standard deviations of the estimate.
    let error = 4.5 / Double(count).squareRoot()
    #expect(abs(mean(z)) < error)
    #expect(abs(mean(z.map { $0 * $0 }) - 1) < error * 2.0.squareRoot())
    #expect(abs(mean(z.map { $0 * $0 * $0 })) < error * 15.0.squareRoot())
    #expect(abs(mean(z.map { $0 * $0 * $0 * $0 }) - 3) < error * 96.0.squareRoot())
    for (limit, share) in [(0.6745, 0.5), (1.96, 0.05), (2.5758, 0.01), (3.2905, 0.001)] {
      let found = mean(z.map { abs($0) > limit ? 1 : 0 })
      #expect(abs(found - share) < error * (share * (1 - share)).squareRoot(), "\(limit)")
    }
    for lag in [1, 2, 16, 64] {
      #expect(abs(mean(zip(z, z.dropFirst(lag)).map { $0 * $1 })) < error, "lag \(lag)")
    }
  }

  /// A number's noise depends on its place and the key, not on the size or the threads.
  @Test(arguments: [1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 1000])
  func dependsOnKeyAndPlaceAlone(count: Int) {
    let whole = noise(2000)
    #expect(noise(count) == Array(whole.prefix(count)))
    #expect(noise(count, threads: 2) == Array(whole.prefix(count)))
    #expect(noise(count, key: 8) != Array(whole.prefix(count)))
  }

  @Test func keysGiveUnrelatedNoise() {
    let count = 100_000
    for (a, b) in [(7, 8), (7, 7 | 1 << 32), (0, 1 << 63), (7, 7 ^ 0xffff_ffff)]
      as [(UInt64, UInt64)]
    {
      let sum = zip(noise(count, key: a), noise(count, key: b)).reduce(0) {
        $0 + Double($1.0 * $1.1)
      }
      #expect(abs(sum / Double(count)) < 4.5 / Double(count).squareRoot(), "\(a), \(b)")
    }
  }

  @Test(arguments: [GaussianNoise.none, GaussianNoise(deviation: 0, key: 3)])
  func withoutDeviationXStays(noise: GaussianNoise) {
    let tape = Tape()
    let x = tape.variable(FiniteDifferences.tensor([5], "x"))
    #expect(noise(x, on: tape) === x)
  }

  @Test func gradients() {
    FiniteDifferences(inputs: [FiniteDifferences.tensor([13, 5], "x")], parameters: []) {
      GaussianNoise(deviation: 0.2, key: 9)($0[0], on: $1)
    }.check()
  }
}
