import Runs
import Testing

/// β of measured scores (Liu and Huang 2018, equation 11).
@Suite struct RelatednessTests {
  @Test func weights() {
    let found = Relatedness(
      tasks: ["a", "b", "c"], scores: [[0.8, 0.2, 0.5], [0.9, 0.5, -0.5], [0, 0.4, 0]])
    let q1 = found.weights(root: 1)
    let q2 = found.weights(root: 2)
    #expect(q1[0][1] == 0.4 && abs(q2[0][1] - 0.4.squareRoot()) < 1e-12)
    // Better than the own network is as good as it; worse than nothing is nothing.
    #expect(q1[1][0] == 1 && q2[1][0] == 1)
    #expect(q1[2][0] == 0 && q2[2][0] == 0)
    // Where the own network knows nothing, and on the diagonal.
    #expect(q1[0][2] == 1 && q1[1][2] == 1 && q1[2][2] == 1)
  }
}
