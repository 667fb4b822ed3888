import Runs

extension Comparison {
  /// What every epoch of the runs in the folder `path` measured, by the folder of the run; nil if it
  /// is no comparison.
  ///
  /// - Throws: `Failure` of kind `badData` if its record or a log is damaged.
  public static func metrics(in path: String) throws -> [String: [MetricsLine]]? {
    guard ComparisonRecord.exists(path) else { return nil }
    let comparison = try open(path, [])
    return try Dictionary(
      uniqueKeysWithValues: comparison.cells.map {
        ($0.folder, try MetricsLog.read(comparison.folder($0) + "/metrics"))
      })
  }
}
