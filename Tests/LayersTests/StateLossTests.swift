import Basics
import Layers
import Tensors
import Testing

/// What losses on states are made of, by hand and by central differences.
@Suite struct StateLossTests {
  private let tape = Tape()

  private func variable(_ shape: [Int], _ values: [Float]) -> Variable {
    tape.variable(Tensor(shape, values, in: tape.workspace))
  }

  @Test func reversal() {
    let x = variable([2, 2], [1, -2, 3, 0.5])
    let y = GradientReversal()(x, on: tape)
    #expect(y.value.values == [1, -2, 3, 0.5])
    tape.backward(
      from: y, gradient: Tensor([2, 2], [1, 2, -3, 0.25], in: tape.workspace))
    #expect(x.gradient?.values == [-1, -2, 3, -0.25])
  }

  /// Read beside the reversal too, x gets the difference.
  @Test func reversalBesideOthers() {
    let x = variable([3], [1, 2, 3])
    let reversed = Scaling(4)(GradientReversal()(x, on: tape), on: tape)
    let plain = Scaling(0.5)(x, on: tape)
    #expect(reversed.value.values == [4, 8, 12] && plain.value.values == [0.5, 1, 1.5])
    tape.backward(from: [(reversed, 1), (plain, 3)])
    #expect(x.gradient?.values == [-2.5, -2.5, -2.5])
  }

  /// SᵀP by hand, and its gradients 2P(SᵀP)ᵀ and 2S(SᵀP).
  @Test func orthogonality() {
    let s = variable([2, 2], [1, 2, 3, 4])
    let p = variable([2, 1], [1, -1])
    let square = StateOrthogonality()(s, p, on: tape)
    // SᵀP = (1 − 3, 2 − 4).
    #expect(square.value.values == [8])
    tape.backward(from: square, seed: 0.5)
    #expect(s.gradient?.values == [-2, -2, 2, 2])
    #expect(p.gradient?.values == [-6, -14])
  }

  /// States of which no two columns share a row have nothing in common.
  @Test func orthogonalStates() {
    let s = variable([3, 2], [1, 2, 0, 0, 3, 4])
    let p = variable([3, 3], [0, 0, 0, 1, 2, 3, 0, 0, 0])
    let square = StateOrthogonality()(s, p, on: tape)
    #expect(square.value.values == [0])
    tape.backward(from: square)
    #expect(s.gradient?.values.allSatisfy { $0 == 0 } == true)
    #expect(p.gradient?.values.allSatisfy { $0 == 0 } == true)
  }

  @Test(arguments: [(1, 3, 3), (5, 4, 4), (4, 6, 2), (40, 17, 9)])
  func orthogonalityGradients(rows: Int, d: Int, e: Int) {
    var stream = RandomStream(seed: 1, "states")
    func values(_ count: Int) -> [Float] { (0..<count).map { _ in stream.uniform(within: 1) } }
    let (s, p) = (values(rows * d), values(rows * e))
    let (a, b) = (variable([rows, d], s), variable([rows, e], p))
    let square = StateOrthogonality()(a, b, on: tape)
    func reference(_ s: [Double], _ p: [Double]) -> Double {
      (0..<d * e).reduce(0) { sum, index in
        let product = (0..<rows).reduce(0) { $0 + s[$1 * d + index / e] * p[$1 * e + index % e] }
        return sum + product * product
      }
    }
    let (wideS, wideP) = (s.map(Double.init), p.map(Double.init))
    let expected = reference(wideS, wideP)
    #expect(abs(Double(square.value.values[0]) - expected) < 1e-5 * max(1, expected))
    tape.backward(from: square)
    func check(_ gradient: [Float]?, _ count: Int, _ value: (Int, Double) -> Double) {
      for i in 0..<count {
        let slope = (value(i, 1e-4) - value(i, -1e-4)) / 2e-4
        #expect(abs(Double(gradient?[i] ?? .nan) - slope) < 1e-4 * max(1, abs(slope)), "\(i)")
      }
    }
    check(a.gradient?.values, rows * d) { i, step in
      var moved = wideS
      moved[i] += step
      return reference(moved, wideP)
    }
    check(b.gradient?.values, rows * e) { i, step in
      var moved = wideP
      moved[i] += step
      return reference(wideS, moved)
    }
  }
}
