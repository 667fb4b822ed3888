import Foundation
import Reports
import Testing

/// What is shown of an adaptation.
@Suite struct AdaptationReportTests {
  private let report = AdaptationReport(
    task: "tone", metric: "accuracy", sharing: "hard", seeds: [1, 2],
    results: [
      .init(kind: "adapted", examples: 10, values: [0.5, 0.7]),
      .init(kind: "scratch", examples: 10, values: [0.5, 0.5]),
      .init(kind: "adapted", examples: 20, values: [0.75, 0.75]),
      .init(kind: "scratch", examples: 20, values: [0.8, 0.8]),
      .init(kind: "scratch", examples: nil, values: [0.9, 0.9]),
    ])

  @Test func table() {
    #expect(
      report.text == """
        tone, test accuracy × 100, encoder of hard; mean ± standard deviation, n = 2
        examples        adapted       scratch  difference
        10        60.00 ± 14.14  50.00 ± 0.00      +10.00
        20         75.00 ± 0.00  80.00 ± 0.00       -5.00
        all                   -  90.00 ± 0.00           -
        """)
  }

  @Test func rowsForMachines() throws {
    let lines = report.csv.split(separator: "\n")
    #expect(lines.count == 11 && lines[0] == "task,examples,kind,seed,metric,value")
    #expect(lines[2] == "tone,10,adapted,2,accuracy,0.7")
    #expect(lines[10] == "tone,all,scratch,2,accuracy,0.9")
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report))
    let results = try #require((json as? [String: Any])?["results"] as? [[String: Any]])
    #expect(results[0]["mean"] as? Double == 0.6 && results[4]["examples"] == nil)
  }

  /// Three lines; that on all examples is level from the fewest to the most.
  @Test func figure() throws {
    let svg = report.figure.svg
    let lines = svg.split(separator: "\n").filter { $0.hasPrefix("<polyline") }
    // Each once as a line and once in the legend.
    #expect(lines.count == 6 && svg.contains(">scratch on all<"))
    let points = try #require(lines[2].split(separator: "\"").dropFirst().first)
      .split(separator: " ").map { $0.split(separator: ",").map { Double($0)! } }
    #expect(points.count == 2 && points[0][1] == points[1][1] && points[0][0] < points[1][0])
  }
}
