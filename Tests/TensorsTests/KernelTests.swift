import Basics
import CKernels
import Masks
import Testing

/// Every kernel against plain loops, on every instruction set this machine can run.
@Suite struct KernelTests {
  static let levels = Array(0...Int(tk_best_level()))
  static let sizes = [1, 2, 3, 5, 7, 8, 12, 13, 16, 17, 31, 32, 33, 50, 64, 65, 100]

  /// Random numbers in ±1.
  static func numbers(_ count: Int, _ name: String) -> [Float] {
    var stream = RandomStream(seed: 7, name, "\(count)")
    return (0..<count).map { _ in stream.uniform(within: 1) }
  }

  static func mask(_ count: Int, _ name: String) -> BitMask {
    var stream = RandomStream(seed: 8, name, "\(count)")
    var mask = BitMask(repeating: false, count: count)
    for i in 0..<count { mask[i] = stream.uniform() < 0.4 }
    return mask
  }

  static func withLevel<R>(_ level: Int, _ body: () throws -> R) rethrows -> R {
    tk_use_level_in_this_thread(Int32(level))
    defer { tk_use_level_in_this_thread(-1) }
    return try body()
  }

  /// |a − b| within a few rounding errors of sums of `terms` numbers of size 1.
  static func near(_ a: [Float], _ b: [Float], terms: Int) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) <= 4e-7 * Float(terms) + 1e-6 * abs($1) }
  }

  @Test(arguments: levels, [false, true]) func products(level: Int, masked: Bool) {
    for m in [0, 1, 5, 10, 13, 33] {
      for n in Self.sizes {
        for k in [1, 2, 16, 33] {
          check(level, m, n, k, masked)
        }
      }
    }
  }

  /// A·B, Aᵀ·B, with packed rows, packed columns and unpacked B, overwriting and adding.
  private func check(_ level: Int, _ m: Int, _ n: Int, _ k: Int, _ masked: Bool) {
    let a = Self.numbers(m * k, "a")
    let b = Self.numbers(k * n, "b")
    let start = Self.numbers(m * n, "c")
    let mask = Self.mask(k * n, "mask")
    func expected(_ element: (Int, Int) -> Float, transposedA: Bool) -> [Float] {
      var c = start
      for i in 0..<m {
        for j in 0..<n {
          for l in 0..<k {
            c[i * n + j] += (transposedA ? a[l * m + i] : a[i * k + l]) * element(l, j)
          }
        }
      }
      return c
    }
    func alive(_ at: Int) -> Float { masked && !mask[at] ? 0 : b[at] }
    Self.withLevel(level) {
      mask.withWords { words in
        let bits = masked ? words.baseAddress : nil
        var packed = [Float](repeating: .nan, count: tk_packed_size(k, n))
        tk_pack(&packed, b, k, n, n, 1, bits)
        var c = start
        tk_gemm(m, n, k, a, k, 1, packed, &c, n, 1)
        #expect(Self.near(c, expected({ alive($0 * n + $1) }, transposedA: false), terms: k))
        c = start
        tk_gemm(m, n, k, a, 1, m, packed, &c, n, 1)
        #expect(Self.near(c, expected({ alive($0 * n + $1) }, transposedA: true), terms: k))
        packed = packed.map { _ in .nan }
        tk_pack(&packed, b, k, n, 1, k, bits)
        c = start
        tk_gemm(m, n, k, a, k, 1, packed, &c, n, 1)
        #expect(Self.near(c, expected({ alive($1 * k + $0) }, transposedA: false), terms: k))
        c = start
        tk_product(m, n, k, a, k, 1, b, n, 1, bits, &c, n, 1)
        #expect(Self.near(c, expected({ alive($0 * n + $1) }, transposedA: false), terms: k))
        c = start
        tk_product(m, n, k, a, k, 1, b, 1, k, bits, &c, n, 1)
        #expect(Self.near(c, expected({ alive($1 * k + $0) }, transposedA: false), terms: k))
        tk_product(m, n, k, a, 1, m, b, n, 1, bits, &c, n, 0)
        let sum = expected({ alive($0 * n + $1) }, transposedA: true)
        #expect(Self.near(c, zip(sum, start).map { $0 - $1 }, terms: k + 1))
      }
    }
  }

  /// Cells forward and back, for batches of 1 to 33 of which not all have a step before or after.
  @Test(arguments: levels, [1, 5, 16, 17, 33]) func cells(level: Int, hidden: Int) {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exponential(Float(-x))) }
    func tanh(_ x: Double) -> Double { hyperbolicTangent(Float(x)) }
    for batch in 1...33 {
      let (prior, next) = (batch * 2 / 3, batch / 2)
      let z = Self.numbers(batch * 4 * hidden, "z")
      let bias = Self.numbers(4 * hidden, "bias")
      let before = Self.numbers(batch * hidden, "c")
      let (dh, dhNext) = (
        Self.numbers(batch * (hidden + 1), "dh"), Self.numbers(batch * hidden, "next")
      )
      let dcNext = Self.numbers(batch * hidden, "dc")
      var gates = z
      var (cell, squashed, dc) = (before, before, dcNext)
      var state = [Float](repeating: 7, count: batch * (hidden + 1))
      var slopes: [Float] = []
      Self.withLevel(level) {
        tk_lstm_forward(
          batch, hidden, &gates, before, prior, bias, &cell, &squashed, &state, hidden + 1)
        slopes = gates
        tk_lstm_backward(
          batch, hidden, &slopes, before, prior, squashed, dh, hidden + 1, dhNext, next, &dc)
      }
      func check(_ value: Float, _ expected: Double, _ what: String) {
        if abs(Double(value) - expected) > 2e-6 * max(1, abs(expected)) {
          Issue.record("\(what): \(value), not \(expected), batch \(batch)")
        }
      }
      for b in 0..<batch {
        for j in 0..<hidden {
          let at = b * hidden + j
          func input(_ gate: Int) -> Double {
            Double(z[(4 * b + gate) * hidden + j]) + Double(bias[gate * hidden + j])
          }
          let (i, f, g, o) = (
            sigmoid(input(0)), sigmoid(input(1)), tanh(input(2)), sigmoid(input(3))
          )
          let c0 = b < prior ? Double(before[at]) : 0
          let c = f * c0 + i * g
          for (gate, value) in [i, f, g, o].enumerated() {
            check(gates[(4 * b + gate) * hidden + j], value, "gate \(gate)")
          }
          check(cell[at], c, "cell")
          check(squashed[at], tanh(c), "tanh")
          check(state[b * (hidden + 1) + j], o * tanh(c), "state")
          let d = Double(dh[b * (hidden + 1) + j]) + (b < next ? Double(dhNext[at]) : 0)
          let dCell = d * o * (1 - tanh(c) * tanh(c)) + (b < next ? Double(dcNext[at]) : 0)
          let expected = [
            dCell * g * i * (1 - i), dCell * c0 * f * (1 - f), dCell * i * (1 - g * g),
            d * tanh(c) * o * (1 - o),
          ]
          for (gate, value) in expected.enumerated() {
            check(slopes[(4 * b + gate) * hidden + j], value, "slope \(gate)")
          }
          check(dc[at], dCell * f, "slope of the cell")
        }
        #expect(state[b * (hidden + 1) + hidden] == 7)
      }
    }
  }

  @Test(arguments: levels) func functions(level: Int) {
    let x = stride(from: Float(-30), to: 30, by: 0.0137).map { $0 } + [0, 1e-8, -1e-8, 0.4, -0.4]
    var y = x
    Self.withLevel(level) {
      tk_exp(x.count, x, &y)
      for (x, y) in zip(x, y) { #expect(abs(Double(y) / exponential(x) - 1) < 4e-7) }
      tk_tanh(x.count, x, &y)
      for (x, y) in zip(x, y) where x != 0 {
        #expect(abs(Double(y) / hyperbolicTangent(x) - 1) < 4e-7)
      }
      tk_sigmoid(x.count, x, &y)
      for (x, y) in zip(x, y) {
        #expect(abs(Double(y) * (1 + exponential(-x)) - 1) < 6e-7)
      }
      #expect(tk_log_sum_exp(1, [700], [100]) == 800)
      #expect(tk_log_sum_exp(3, [-1000, -1000, -1000], [0, 0, -500]) < -999)
    }
  }

  @Test(arguments: levels) func sumsAndAdditions(level: Int) {
    Self.withLevel(level) {
      for n in Self.sizes {
        let x = Self.numbers(3 * n, "x")
        let mask = Self.mask(3 * n, "mask")
        var sums = Self.numbers(n, "sums")
        let before = sums
        tk_column_sums(3, n, x, &sums)
        let expected = (0..<n).map { before[$0] + x[$0] + x[n + $0] + x[2 * n + $0] }
        #expect(Self.near(sums, expected, terms: 4))
        tk_add(n, x, &sums)
        #expect(Self.near(sums, zip(expected, x).map { $0 + $1 }, terms: 5))
        let total = x.indices.reduce(0.0) { $0 + (mask[$1] ? Double(x[$1]) * Double(x[$1]) : 0) }
        let squares = mask.withWords { tk_sum_squares(x.count, x, $0.baseAddress) }
        #expect(abs(squares - total) < 1e-5)
        let terms = (0..<n).map { exponential(x[$0] + before[$0]) }
        let sum = logarithm(terms.reduce(0, +))
        #expect(abs(Double(tk_log_sum_exp(n, x, before)) - sum) < 1e-5)
      }
    }
  }

  /// What is dropped depends on the key and the place alone, on every instruction set alike.
  @Test func dropout() {
    let x = Self.numbers(10_001, "x")
    let outcomes = Self.levels.map { level in
      Self.withLevel(level) {
        var y = x
        tk_dropout(x.count, x, &y, 0, 42, 0.3)
        return y
      }
    }
    for y in outcomes { #expect(y == outcomes[0]) }
    #expect(zip(x, outcomes[0]).allSatisfy { $1 == 0 || $1 == $0 * (1 / (1 - Float(0.3))) })
    let dropped = outcomes[0].filter { $0 == 0 }.count
    #expect((2700...3300).contains(dropped))
    var other = x
    tk_dropout(x.count, x, &other, 0, 43, 0.3)
    #expect(zip(other, outcomes[0]).filter { ($0 == 0) != ($1 == 0) }.count > 3500)
  }

  @Test(arguments: levels) func momentum(level: Int) {
    Self.withLevel(level) {
      for n in Self.sizes {
        let w = Self.numbers(n, "w")
        let g = Self.numbers(n, "g")
        let v = Self.numbers(n, "v")
        let mask = Self.mask(n, "mask")
        var weights = w
        var velocity = v
        let clip = tk_clip(scale: 2, limit: 0.5)
        mask.withWords {
          tk_sgd(n, &weights, g, &velocity, $0.baseAddress, 0.1, 0.9, clip)
        }
        for i in 0..<n {
          let moved = 0.9 * v[i] + min(max(2 * g[i], -0.5), 0.5)
          #expect(abs(velocity[i] - (mask[i] ? moved : v[i])) <= (mask[i] ? 2e-7 : 0))
          #expect(abs(weights[i] - (mask[i] ? w[i] - 0.1 * moved : w[i])) <= (mask[i] ? 2e-7 : 0))
        }
      }
    }
  }

  @Test(arguments: levels) func adaDelta(level: Int) {
    Self.withLevel(level) {
      for n in Self.sizes {
        let w = Self.numbers(n, "w")
        let g = Self.numbers(n, "g")
        let means = [Self.numbers(n, "squares"), Self.numbers(n, "updates")].map { $0.map(abs) }
        let mask = Self.mask(n, "mask")
        var weights = w
        var squares = means[0]
        var updates = means[1]
        let clip = tk_clip(scale: 2, limit: 0.5)
        mask.withWords {
          tk_adadelta(
            n, &weights, g, &squares, &updates, $0.baseAddress, 0.7, 0.9, 1e-6, clip)
        }
        for i in 0..<n {
          let x = min(max(2 * Double(g[i]), -0.5), 0.5)
          let square = 0.9 * Double(means[0][i]) + 0.1 * x * x
          let step = x * ((Double(means[1][i]) + 1e-6) / (square + 1e-6)).squareRoot()
          let update = 0.9 * Double(means[1][i]) + 0.1 * step * step
          let weight = Double(w[i]) - 0.7 * step
          for (found, expected, before) in [
            (squares[i], square, means[0][i]), (updates[i], update, means[1][i]),
            (weights[i], weight, w[i]),
          ] {
            #expect(
              mask[i]
                ? abs(Double(found) - expected) <= 1e-6 * (1 + abs(expected) + abs(step))
                : found == before)
          }
        }
      }
    }
  }

  @Test(arguments: levels) func coasting(level: Int) {
    Self.withLevel(level) {
      for n in Self.sizes {
        let w = Self.numbers(n, "w")
        let v = Self.numbers(n, "v")
        var weights = w
        var velocity = v
        tk_coast(n, &weights, &velocity, 0.3, 0.7)
        #expect(Self.near(weights, zip(w, v).map { $0 - 0.3 * $1 }, terms: 1))
        #expect(velocity == v.map { $0 * 0.7 })
      }
    }
  }
}
