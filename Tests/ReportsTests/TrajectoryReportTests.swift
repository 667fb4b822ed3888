import Foundation
import Reports
import Runs
import TestSupport
import Testing

/// Principal components, and the ways along them.
@Suite struct TrajectoryReportTests {
  /// Points on two axes at right angles, turned in space and moved: the axes come out.
  @Test func componentsOfATurnedCross() throws {
    let (u, v) = ([2.0 / 3, 2.0 / 3, 1.0 / 3], [-2.0 / 3, 1.0 / 3, 2.0 / 3])
    func point(_ a: Double, _ b: Double) -> [Double] {
      (0..<3).map { 7 + a * u[$0] + b * v[$0] }
    }
    let found = PrincipalComponents(
      [point(2, 0), point(-2.5, 0), point(0, 1), point(0, -1), point(0.5, 0)], count: 3)
    let all = 4 + 6.25 + 2 + 0.25
    for (share, expected) in zip(found.explained, [10.5 / all, 2 / all, 0]) {
      #expect(abs(share - expected) < 1e-9)
    }
    // The farthest point is on the positive side.
    for (place, expected) in zip(found.coordinates, [-2.0, 2.5, 0, 0, -0.5]) {
      #expect(abs(place[0] - expected) < 1e-9)
    }
    #expect(abs(abs(found.coordinates[2][1]) - 1) < 1e-9)
  }

  @Test func nothingThatMovesHasNoDirection() {
    let found = PrincipalComponents([[1, 2], [1, 2]], count: 2)
    #expect(found.explained == [0, 0] && found.coordinates == [[0, 0], [0, 0]])
    #expect(PrincipalComponents([], count: 2).coordinates.isEmpty)
  }

  /// Two points are on a line: what rounding leaves beside it counts for nothing.
  @Test func twoPointsHaveOneDirection() {
    let found = PrincipalComponents([[0.1, 0.7, -0.3], [0.35, -0.11, 0.9]], count: 2)
    #expect(abs(found.explained[0] - 1) < 1e-12 && found.explained[1] == 0)
    #expect(found.coordinates.allSatisfy { $0[1] == 0 && $0[0] != 0 })
  }

  private let points = [
    Trajectory.Point(epoch: 0, shared: [5, 1, 1], tasks: ["a": [9, 9, 9]]),
    Trajectory.Point(epoch: 1, shared: [8, 1, 1], tasks: ["a": [9, 9, 9]]),
    Trajectory.Point(epoch: 2, shared: [8, 5, 1], tasks: ["a": [9, 9, 9]]),
  ]

  @Test func waysBeginAtTheOrigin() throws {
    let report = try TrajectoryReport(points, sharing: "hard", tasks: ["a"], of: "t")
    #expect(report.paths.map(\.name) == ["shared", "a"] && report.numbers == 3)
    #expect(report.paths[0].distance == 5 && report.paths[0].length == 7)
    #expect(report.paths[1].distance == 0 && report.paths[1].length == 0)
    #expect(report.paths.allSatisfy { $0.points[0] == [0, 0] && $0.points.count == 3 })
    // All of it is in one plane, so that distances are the same there.
    let end = report.paths[0].points[2]
    #expect(abs(end[0] * end[0] + end[1] * end[1] - 25) < 1e-9)
    #expect(abs(report.explained[0] + report.explained[1] - 1) < 1e-9)
    #expect(report.text.hasPrefix("hard, 2 epochs; two components explain "))
    #expect(report.csv.split(separator: "\n").count == 1 + 2 * 3)
    #expect(report.figure.svg.contains("component 1 ("))
  }

  @Test func filesThatLackEpochsOrTasksAreRefused() {
    let lacking = failure {
      try TrajectoryReport(Array(points.dropFirst()), sharing: "hard", tasks: ["a"], of: "t")
    }
    #expect(lacking?.kind == .badData)
    #expect(lacking?.message == "t: is damaged: epochs or tasks of the run are missing")
    #expect(throws: (any Error).self) {
      try TrajectoryReport(points, sharing: "hard", tasks: ["a", "b"], of: "t")
    }
    #expect(throws: (any Error).self) {
      try TrajectoryReport([], sharing: "hard", tasks: ["a"], of: "t")
    }
  }
}
