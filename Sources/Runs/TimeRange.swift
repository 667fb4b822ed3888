import Figures

/// How long something takes, in seconds: at least, probably and at most.
package struct TimeRange: Codable, Equatable, Sendable {
  package var least: Double, probable: Double, most: Double

  package static let zero = TimeRange(least: 0, probable: 0, most: 0)

  package init(least: Double, probable: Double, most: Double) {
    (self.least, self.probable, self.most) = (least, probable, most)
  }

  /// One after the other.
  package static func + (a: TimeRange, b: TimeRange) -> TimeRange {
    TimeRange(
      least: a.least + b.least, probable: a.probable + b.probable, most: a.most + b.most)
  }

  /// As many times `count`, which is itself one of at least, probably and at most.
  package static func * (each: TimeRange, count: TimeRange) -> TimeRange {
    TimeRange(
      least: each.least * count.least, probable: each.probable * count.probable,
      most: each.most * count.most)
  }

  /// What is left after `seconds` of it.
  package func after(_ seconds: Double) -> TimeRange {
    TimeRange(
      least: max(0, least - seconds), probable: max(0, probable - seconds),
      most: max(0, most - seconds))
  }

  /// `lanes` side by side, taken up in their order by `jobs` workers.
  package static func sideBySide(_ lanes: [TimeRange], jobs: Int) -> TimeRange {
    func end(_ part: KeyPath<TimeRange, Double>) -> Double {
      var workers = [Double](repeating: 0, count: max(1, min(jobs, lanes.count)))
      for lane in lanes {
        let free = workers.indices.min { workers[$0] < workers[$1] }!
        workers[free] += lane[keyPath: part]
      }
      return workers.max()!
    }
    return TimeRange(least: end(\.least), probable: end(\.probable), most: end(\.most))
  }

  /// For people, as in `5 h 10 min (2 h 30 min to 31 h)`.
  package var text: String {
    let (low, high) = (duration(least), duration(most))
    return low == high ? duration(probable) : "\(duration(probable)) (\(low) to \(high))"
  }
}

/// `seconds` in the two largest units that it has, as in `3 h 10 min`.
package func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "years" }
  if seconds < 0.95 { return seconds < 0.05 ? "0 s" : "\(fixed(seconds, 1)) s" }
  let whole = Int(seconds.rounded())
  let parts = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")]
  let first = parts.firstIndex { whole >= $0.0 } ?? 3
  // Seconds behind more than ten minutes say nothing.
  let shown = parts[first...].prefix(whole >= 600 && first == 2 ? 1 : 2)
  var left = whole
  if let last = shown.last { left = (whole + last.0 / 2) / last.0 * last.0 }
  return shown.compactMap { size, unit in
    let count = left / size
    left %= size
    return count > 0 ? "\(count) \(unit)" : nil
  }.joined(separator: " ")
}
