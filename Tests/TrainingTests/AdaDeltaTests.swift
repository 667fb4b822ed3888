import Tensors
import Testing
import Training

@Suite struct AdaDeltaTests {
  /// Rows that wait for a gradient are as if they had been updated in every step.
  @Test func waitingRowsAreThoseOfTheDenseRule() throws {
    let (rows, width) = (4, 3)
    let lazy = Parameter("words.weight", [rows, width], isEmbedding: true)
    let dense = Parameter("dense", [rows, width])
    for parameter in [lazy, dense] { parameter.set((0..<12).map { Float($0) / 10 }) }
    let optimizers = [AdaDelta(), AdaDelta()]
    // Row 0 in every step, row 1 in every third, row 2 after a pause, row 3 never.
    let touched: (Int) -> [Int32] = { step in
      [0] + (step % 3 == 0 ? [1] : []) + (step == 1 || step == 25 ? [2] : [])
    }
    for step in 0..<30 {
      lazy.touch(touched(step))
      dense.ensureGradient()
      for row in touched(step) {
        for i in Int(row) * width..<Int(row + 1) * width {
          (lazy.gradient[i], dense.gradient[i]) = (1 / Float(1 + i + step), 1 / Float(1 + i + step))
        }
      }
      for (parameter, optimizer) in zip([lazy, dense], optimizers) {
        let none = Clipping(.norm, limit: 0)
        try optimizer.step([parameter], rate: 1, clipping: none, threads: 1)
        parameter.clearGradient()
      }
      if step % 10 == 9 { optimizers[0].settle() }
    }
    #expect(lazy.values[9...].elementsEqual([0.9, 1.0, 1.1]))
    #expect(zip(lazy.values, dense.values).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) })
    let states = [optimizers[0].state(of: [lazy]), optimizers[1].state(of: [dense])]
    #expect(states[0].map(\.name) == ["squares.words.weight", "updates.words.weight"])
    for (a, b) in zip(states[0], states[1]) {
      #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) }, "\(a.name)")
      #expect(a.values[8] > 0 && a.values[9] == 0)
    }
  }
}
