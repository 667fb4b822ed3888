import Basics
import Masks
import Tensors
import Testing
import Training

/// Gradients of several tasks as vectors, and what is made of them.
@Suite struct GradientVectorTests {
  private let first = Parameter("first", [2, 2])
  private let table = Parameter("table", [4, 2], isEmbedding: true)

  /// A vector over two parameters; rows of the table by number.
  private func vector(
    _ numbers: [Float], rows: [Int32: [Float]] = [:], mask: BitMask? = nil
  ) -> GradientVector {
    first.mask = mask
    first.ensureGradient()
    _ = first.gradient.update(from: numbers)
    if !rows.isEmpty { table.touch(rows.keys.sorted(by: >)) }
    for (row, values) in rows {
      for (i, value) in values.enumerated() { table.gradient[Int(row) * 2 + i] = value }
    }
    defer { first.mask = nil }
    return GradientVector(taking: [first, table])
  }

  /// What the parameters have after `vector` was delivered.
  private func delivered(_ vector: GradientVector) -> (first: [Float], table: [Float]) {
    vector.deliver()
    defer {
      first.clearGradient()
      table.clearGradient()
    }
    return (
      first.hasGradient ? Array(first.gradient) : [0, 0, 0, 0],
      table.hasGradient ? Array(table.gradient) : Array(repeating: 0, count: 8)
    )
  }

  private let dead = BitMask([true, true, false, true])

  @Test func products() {
    let a = vector([1, 2, 3, 4], rows: [0: [1, 1], 2: [2, 0]])
    let b = vector([0, 1, 0, -1], rows: [2: [3, 5], 3: [7, 7]])
    #expect(!first.hasGradient && !table.hasGradient && table.touchedRows.isEmpty)
    #expect(a.dot(b) == 2 - 4 + 6)
    #expect(a.squaredNorm() == 30 + 2 + 4)
    #expect(a.dot(b) { $0 === table } == 6)
    #expect(vector([1, 2, 3, 4], mask: dead).squaredNorm() == 21)
    // What lies where the other task has alive weights.
    #expect(vector([1, 2, 3, 4]).squaredNorm(within: vector([1, 1, 1, 1], mask: dead)) == 21)
  }

  @Test func sums() {
    let a = vector([1, 2, 3, 4], rows: [0: [1, 1], 2: [2, 0]])
    a.add(2, vector([1, 0, 1, 0], rows: [2: [1, 1], 3: [5, 5]]))
    var found = delivered(a)
    #expect(found.first == [3, 2, 5, 4] && found.table == [1, 1, 0, 0, 4, 2, 10, 10])
    let masked = vector([1, 2, 0, 4], mask: dead)
    let copy = masked.copy()
    masked.addWithin(1, vector([1, 1, 1, 1], rows: [1: [1, 2]]))
    found = delivered(masked)
    #expect(found.first == [2, 3, 0, 5] && found.table == [0, 0, 1, 2, 0, 0, 0, 0])
    #expect(delivered(copy).first == [1, 2, 0, 4])
  }

  /// Weights stand elsewhere meanwhile, and come back to the bit.
  @Test func shifting() {
    first.set([0.1, 0.2, 0.3, 0.4])
    table.set((0..<8).map { 0.1 * Float($0) })
    let before = (first.elements, table.elements)
    let v = vector([1, 2, 3, 4], rows: [1: [1e8, 1]])
    v.shifting(by: 0.5) {
      #expect(first.elements == [0.6, 1.2, 1.8, 2.4])
      #expect(table.elements[2] == 5e7 && table.elements[3] == 0.8 && table.elements[4] == 0.4)
    }
    #expect(first.elements == before.0 && table.elements == before.1)
  }

  private func projected(_ gradients: [[Float]], masks: [BitMask?] = []) -> [[Float]] {
    var stream = RandomStream(seed: 1, "order")
    let vectors = gradients.enumerated().map { vector($1, mask: masks.isEmpty ? nil : masks[$0]) }
    return GradientBalance.projected(vectors, from: &stream).map { delivered($0).first }
  }

  /// PCGrad by hand: opposed gradients vanish, orthogonal, equal and agreeing ones stay.
  @Test func projections() {
    #expect(projected([[1, 0, 0, 0], [-2, 0, 0, 0]]) == [[0, 0, 0, 0], [0, 0, 0, 0]])
    for kept in [
      [[1, 0, 0, 0], [0, 1, 0, 0]], [[1, 2, 3, 4], [1, 2, 3, 4]], [[1, 0, 0, 0], [1, 1, 0, 0]],
    ] as [[[Float]]] {
      #expect(projected(kept) == kept)
    }
    #expect(projected([[1, 0, 0, 0], [-1, 1, 0, 0]]) == [[0.5, 0.5, 0, 0], [0, 1, 0, 0]])
    // The second conflicts with both others, which are orthogonal, so the order does not matter.
    #expect(
      projected([[2, 0, 0, 0], [-1, -1, 1, 0], [0, 4, 0, 0]])[1] == [0, 0, 1, 0])
  }

  /// Tasks disagree only where both are alive, and each stays within its subnet.
  @Test func projectionsUnderMasks() {
    let masks = [BitMask([true, true, true, false]), BitMask([true, true, false, true])]
    let found = projected([[1, 0, 7, 0], [-1, 1, 0, 9]], masks: masks)
    #expect(found == [[0.5, 0.5, 7, 0], [0, 1, 0, 9]])
    // Where no weight is alive for both there is nothing to disagree about.
    let disjoint = [BitMask([true, true, false, false]), BitMask([false, false, true, true])]
    #expect(
      projected([[1, 2, 0, 0], [0, 0, -1, -2]], masks: disjoint)
        == [[1, 2, 0, 0], [0, 0, -1, -2]])
  }

  private func averse(_ gradients: [[Double]], c: Double = 0.4) -> [Double] {
    GradientBalance.averse(
      gradients.map { a in gradients.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } },
      aversion: c)
  }

  /// CAGrad by hand: c = 0 is the sum; equal gradients are scaled by 2 (1 + c) / (1 + c²); of two
  /// orthogonal ones the shorter gains; of opposed ones as long as each other nothing is left.
  @Test func averseDirections() {
    #expect(averse([[1, 2], [-1, 1], [0, 3]], c: 0) == [1, 1, 1])
    let equal = averse([[3, 4], [3, 4]])
    #expect(abs(equal[0] + equal[1] - 2 * 1.4 / 1.16) < 1e-9)
    let orthogonal = averse([[1, 0], [0, 10]])
    #expect(orthogonal[0] > orthogonal[1])
    #expect(averse([[0, 0], [0, 0]]) == [1, 1])
    // Opposed ones that are the least mixture add nothing to the third.
    let three = averse([[1, 0], [-1, 0], [0, 3]])
    #expect(three.allSatisfy { $0 > 0 && $0 < 4 }, "\(three)")
    let opposed = averse([[1, 0], [-1, 0]])
    #expect(opposed.allSatisfy(\.isFinite) && abs(opposed[0] - opposed[1]) < 1e-6)
  }

  /// The least of the published objective is found: no point of a grid on the simplex is lower.
  @Test(arguments: 0..<20) func averseMinimum(seed: Int) {
    var stream = RandomStream(seed: UInt64(seed), "gradients")
    let gradients = (0..<3).map { i in
      (0..<4).map { _ in Double(stream.uniform(within: 1)) * [1, 5, 0.2][i] }
    }
    func vector(_ w: [Double]) -> [Double] {
      (0..<4).map { k in (0..<3).reduce(0) { $0 + w[$1] * gradients[$1][k] } }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let mean = vector([1, 1, 1].map { $0 / 3 })
    func value(_ w: [Double]) -> Double {
      let g = vector(w)
      return dot(g, mean) + 0.4 * (dot(mean, mean) * dot(g, g)).squareRoot()
    }
    // factor_i = (1 + 3 c‖g_0‖ w_i / ‖g_w‖) / (1 + c²), so w is what it adds to 1, made to sum up to 1.
    let added = averse(gradients).map { $0 * 1.16 - 1 }
    let w = added.map { $0 / added.reduce(0, +) }
    for i in 0...40 {
      for j in 0...(40 - i) {
        let other = [Double(i) / 40, Double(j) / 40, Double(40 - i - j) / 40]
        #expect(value(w) < value(other) + 1e-7)
      }
    }
  }
}
