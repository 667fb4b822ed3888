import Foundation

/// An axis that begins and ends on ticks, 1, 2 or 5 times a power of ten apart.
struct ChartAxis {
  let ticks: [Double]
  private let isLogarithmic: Bool
  /// Digits behind the point that tell neighbouring ticks apart.
  private let digits: Int

  /// Creates an axis that holds `values`, which can be drawn; positive ones if it is logarithmic. Its
  /// ticks are whole if it `counts`.
  init(_ values: [Double], logarithmic: Bool = false, counts: Bool = false) {
    isLogarithmic = logarithmic
    if logarithmic {
      ticks = Self.logarithmic(values.min() ?? 1, values.max() ?? 10)
      digits = 0
      return
    }
    var (low, high) = (values.min() ?? 0, values.max() ?? 1)
    if high - low <= max(1e-12 * max(abs(low), abs(high)), 1e-100) {
      let room = abs(low) < 1e-90 ? 1 : abs(low) * 0.1
      (low, high) = (low - room, high + room)
    }
    let least = max((high - low) / 6, counts ? 1 : 0)
    let power = pow(10, floor(log10(least)))
    let step = power * ([1, 2, 5].first { $0 * power >= least * (1 - 1e-9) } ?? 10)
    let (first, last) = (floor(low / step + 1e-9), ceil(high / step - 1e-9))
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    digits = max(0, -Int(floor(log10(step) + 1e-9)))
  }

  /// The room its labels take.
  var labelWidth: Double { ticks.map { SVG.width(label($0)) }.max() ?? 0 }

  /// Where `value` lies between the ends of the axis on the page.
  func place(_ value: Double, _ page: (start: Double, end: Double)) -> Double {
    func scale(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }
    let (low, high) = (scale(ticks[0]), scale(ticks[ticks.count - 1]))
    return page.start + (scale(value) - low) / (high - low) * (page.end - page.start)
  }

  /// The label of a tick.
  func label(_ tick: Double) -> String {
    let isPlain = !isLogarithmic && digits <= 6 && abs(ticks[0]) < 1e7 && abs(ticks.last!) < 1e7
    return SVG.signed(isPlain ? fixed(tick, digits) : String(format: "%.6g", tick))
  }

  /// 1, 2 and 5 times powers of ten around `low` and `high`, or powers alone if those are too many.
  private static func logarithmic(_ low: Double, _ high: Double) -> [Double] {
    let powers = Int(floor(log10(low))) - 1...Int(ceil(log10(high))) + 1
    let all = powers.flatMap { power in [1, 2, 5].map { Double("\($0)e\(power)")! } }
    var start = all.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
    var end = all.firstIndex { $0 >= high * (1 - 1e-9) } ?? all.count - 1
    if start >= end { (start, end) = (max(end - 1, 0), min(start + 1, all.count - 1)) }
    if end - start < 10 { return Array(all[start...end]) }
    let (first, last) = (start / 3, (end + 2) / 3)
    let stride = (last - first + 9) / 10
    let count = (last - first + stride - 1) / stride
    return (0...count).map { Double("1e\(powers.lowerBound + first + $0 * stride)")! }
  }
}
