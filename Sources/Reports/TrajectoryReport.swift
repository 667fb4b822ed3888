import Basics
import Figures
import Foundation
import Recipes
import Runs
import Sharing

/// The way that shared and private parameters took through training, seen from where they started
/// and projected on the two directions in which they moved most (Liu and Huang 2018, Figure 6).
public struct TrajectoryReport: Encodable, Sendable {
  /// The way of one group of parameters.
  public struct Path: Encodable, Sendable {
    /// `shared`, or the task whose private parameters they are.
    public let name: String
    /// By epoch from 0: the two coordinates.
    public let points: [[Double]]
    /// How far the last epoch's parameters are from the start, and how long the way there was.
    public let distance: Double, length: Double
  }

  /// The architecture.
  public let sharing: String
  /// The numbers kept of every group and epoch: distances are known up to about √(2 / numbers).
  public let numbers: Int
  /// The share of all variance along either direction.
  public let explained: [Double]
  /// The shared parameters first, then the tasks'.
  public let paths: [Path]

  /// The trajectory of the architecture `name` of `run`; of the first that has one if it is nil.
  ///
  /// - Throws: `Failure` of kind `usage` if it has none, `missingInput` if it is not trained,
  ///   `badData` if its file is damaged.
  public static func read(
    _ run: RunDirectory, sharing name: String? = nil
  ) throws -> TrajectoryReport {
    let networks = try TrainedNetworks(run)
    let asked = try name.map { [try networks.architecture($0)] } ?? networks.architectures
    for architecture in asked {
      let path = try run.trajectory(of: run.recipe.trainingUnits(of: architecture)[0])
      guard FileManager.default.fileExists(atPath: path) else { continue }
      return try TrajectoryReport(
        try Trajectory.read(path), sharing: architecture.name,
        tasks: run.recipe.tasks.map(\.name), of: path)
    }
    let hint = "train tasks together with snapshots of 1024 numbers to keep one"
    guard let name else { throw Failure(.usage, "\(run.path): has no trajectory; \(hint)") }
    throw Failure(.usage, setting: "sharing", value: name, "has no trajectory; \(hint)")
  }

  /// The projection of `points`, read from the file `path`.
  package init(
    _ points: [Trajectory.Point], sharing: String, tasks: [String], of path: String
  ) throws {
    guard let first = points.first, Set(first.tasks.keys) == Set(tasks),
      points.map(\.epoch) == Array(0..<points.count)
    else {
      throw Failure(.badData, "\(path): is damaged: epochs or tasks of the run are missing")
    }
    let names = ["shared"] + tasks
    let ways = names.indices.map { index in
      let all = points.map { index == 0 ? $0.shared : $0.tasks[names[index]]! }
      return all.map { zip($0, all[0]).map { Double($0) - Double($1) } }
    }
    let components = PrincipalComponents(ways.flatMap { $0 }, count: 2)
    self.sharing = sharing
    numbers = first.shared.count
    explained = components.explained
    paths = zip(names.indices, ways).map { index, way in
      let places = components.coordinates[index * points.count..<(index + 1) * points.count]
      // All ways start at one point, which is the origin.
      let points = places.map { zip($0, places.first!).map { $0 - $1 } }
      let steps = zip(way.dropFirst(), way).map { Self.distance($0, $1) }
      return Path(
        name: names[index], points: points, distance: Self.distance(way.last!, way[0]),
        length: steps.reduce(0, +))
    }
  }

  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// A table: a row a group of parameters, where it ended.
  public var text: String {
    let shares = explained.map { percent($0) + " %" }.joined(separator: " and ")
    let rows = paths.map { path in
      [path.name, fixed(path.distance, 4), fixed(path.length, 4)]
        + path.points.last!.map { fixed($0, 4) }
    }
    return
      "\(sharing), \(counted(paths[0].points.count - 1, "epoch")); two components explain \(shares) of the "
      + "variance\n"
      + table([["parameters", "distance", "length of way", "component 1", "component 2"]] + rows)
  }

  /// The coordinates as CSV: a row an epoch of a group.
  public var csv: String {
    let rows = paths.flatMap { path in
      path.points.enumerated().map { epoch, point in
        [path.name, "\(epoch)"] + point.map { "\($0)" }
      }
    }
    return csvText([["parameters", "epoch", "component_1", "component_2"]] + rows)
  }

  /// The ways in the plane of the two components, from the origin, a mark an epoch.
  public var figure: Figure {
    let labels = explained.enumerated().map { index, share in
      "component \(index + 1) (\(percent(share)) %)"
    }
    return LineChart(
      title: "Parameters of \(sharing) by epoch", xLabel: labels[0], yLabel: labels[1],
      series: paths.map { path in
        LineChart.Series(
          name: path.name, points: path.points.map { ($0[0], $0[1], nil) }, isPath: true)
      }
    ).figure
  }
}
