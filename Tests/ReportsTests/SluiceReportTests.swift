import Reports
import Sharing
import Testing

/// α and β as a network has them.
@Suite struct SluiceReportTests {
  private func network(
    tasks: [String] = ["chunk", "pos"], _ change: (inout SluiceSettings) -> Void
  ) throws -> SluiceNetwork {
    var shape = NetworkShape(words: 2, characters: 2)
    (shape.hidden, shape.layers) = (2, 2)
    var settings = SluiceSettings()
    change(&settings)
    return try SluiceNetwork(
      shape, tasks: tasks.map { TaskShape(name: $0, classes: 2) }, settings: settings, seed: nil)
  }

  @Test func ratioIsOfTheFirstTasksSources() throws {
    let network = try network { $0.subspaces = 1 }
    // The main task takes 0.8 of itself and -0.2 of the other; then 0.5 and 0.5.
    let stitches = try #require(network.parts.stitches)
    stitches.alpha[0].set([0.8, -0.2, 9, 9])
    stitches.alpha[1].set([0.5, 0.5, 9, 9])
    for (beta, values) in zip(stitches.beta, [[0.1, 0.9], [0.2, 0.8]] as [[Float]]) {
      beta.set(values)
    }
    let report = try #require(SluiceReport(network, sharing: "sluice"))
    #expect(abs(try #require(report.auxiliaryRatio) - (0.25 + 1) / 2) < 1e-6)
    #expect(report.tasks == ["chunk", "pos"] && report.subspaces == 1)
    #expect(report.text.contains("α of layer 2 of sluice") && report.text.contains("0.9000"))
    #expect(report.figure.svg.components(separatedBy: "<svg").count == 1 + 1 + 3)
  }

  @Test func subspacesBelongToTheirTask() throws {
    let network = try network { $0.mixture = .last }
    let stitches = try #require(network.parts.stitches)
    for alpha in stitches.alpha {
      alpha.set([1, 3, 0.5, 0.5, 2, 2, 1.5, 1.5] + [Float](repeating: 0, count: 8))
    }
    let report = try #require(SluiceReport(network, sharing: "sluice"))
    #expect(report.subspaces == 2 && report.auxiliaryRatio == 0.5 && report.beta == nil)
    #expect(report.text.contains("target   chunk 1  chunk 2   pos 1   pos 2"))
  }

  /// Networks without stitch units have none, and one task of several is not reported.
  @Test func othersHaveNone() throws {
    let shape = NetworkShape(words: 2, characters: 2)
    let hard = HardSharing(shape, tasks: [TaskShape(name: "pos", classes: 2)], seed: nil)
    #expect(SluiceReport(hard, sharing: "hard") == nil)
    let whole = try network { _ in }
    #expect(SluiceReport(OneTask(0, of: whole), sharing: "subnet") == nil)
    #expect(SluiceReport(whole, sharing: "sluice") != nil)
  }
}
