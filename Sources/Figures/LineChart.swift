import Foundation

/// A chart of lines with markers and error bars, as self-contained SVG.
///
/// Series differ in colour, marker and dashes, so that they can be told apart in black and white.
/// Equal charts give equal text.
public struct LineChart: Sendable {
  /// One line.
  public struct Series: Sendable {
    /// What the legend calls it.
    public let name: String
    /// Its points, with error bars of ± `deviation` where that is given.
    ///
    /// A point is left out where x or y is not finite, and on a logarithmic axis where x is not
    /// positive.
    public let points: [(x: Double, y: Double, deviation: Double?)]

    /// Creates a line through `points`, in the order of their x.
    public init(name: String, points: [(x: Double, y: Double, deviation: Double?)]) {
      self.name = name
      self.points = points
    }
  }

  private let title: String, xLabel: String, yLabel: String
  private let series: [Series]
  private let secondary: (label: String, series: [Series])?
  private let isLogarithmic: Bool

  /// Creates a chart.
  ///
  /// - Parameters:
  ///   - title: what stands above it.
  ///   - xLabel: what x is, with its unit.
  ///   - yLabel: what y is, with its unit.
  ///   - series: the lines measured on the left axis.
  ///   - logX: whether x is logarithmic.
  ///   - secondary: lines measured on an axis of their own on the right, and what that measures.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series], logX: Bool = false,
    secondary: (label: String, series: [Series])? = nil
  ) {
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
    (isLogarithmic, self.secondary) = (logX, secondary)
    self.series = series.map { Self.drawable($0, logX: logX) }
  }

  /// The chart as the text of an SVG file.
  public var svg: String {
    let right = (secondary?.series ?? []).map { Self.drawable($0, logX: isLogarithmic) }
    let all = series + right
    let x = ChartAxis(all.flatMap { $0.points.map(\.x) }, logarithmic: isLogarithmic)
    let left = ChartAxis(series.flatMap(Self.heights))
    let other = ChartAxis(right.flatMap(Self.heights))

    var frame = (left: 0.0, right: 0.0, top: 44.0, bottom: 364.0)
    frame.left = 46 + left.labelWidth
    frame.right = 720 - (secondary == nil ? 28 : 46 + other.labelWidth)
    let middle = (x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2)
    let horizontal = (start: frame.left, end: frame.right)
    let vertical = (start: frame.bottom, end: frame.top)

    var body = Figure.text(title, x: middle.x, y: 24, size: 15, anchor: "middle", isBold: true)
    let size = (width: frame.right - frame.left, height: frame.bottom - frame.top)
    for tick in left.ticks {
      let y = Figure.number(left.place(tick, vertical))
      body += "<path class=\"grid\" d=\"M\(Figure.number(frame.left)) \(y)"
      body += "H\(Figure.number(frame.right))\" stroke=\"#dddddd\"/>\n"
    }
    body += "<rect class=\"frame\" x=\"\(Figure.number(frame.left))\""
    body += " y=\"\(Figure.number(frame.top))\" width=\"\(Figure.number(size.width))\""
    body += " height=\"\(Figure.number(size.height))\" fill=\"none\" stroke=\"#333333\"/>\n"

    for tick in x.ticks {
      let at = x.place(tick, horizontal)
      body += Self.tick("M\(Figure.number(at)) \(Figure.number(frame.bottom))v5")
      body += Figure.text(x.label(tick), x: at, y: frame.bottom + 18, anchor: "middle")
    }
    for tick in left.ticks {
      let at = left.place(tick, vertical)
      body += Self.tick("M\(Figure.number(frame.left)) \(Figure.number(at))h-5")
      body += Figure.text(left.label(tick), x: frame.left - 8, y: at + 4, anchor: "end")
    }
    body += Figure.text(xLabel, x: middle.x, y: frame.bottom + 40, size: 13, anchor: "middle")
    body += Figure.text(yLabel, x: 22, y: middle.y, size: 13, anchor: "middle", turn: -90)
    if let secondary {
      for tick in other.ticks {
        let at = other.place(tick, vertical)
        body += Self.tick("M\(Figure.number(frame.right)) \(Figure.number(at))h5")
        body += Figure.text(other.label(tick), x: frame.right + 8, y: at + 4)
      }
      body += Figure.text(
        secondary.label, x: 706, y: middle.y, size: 13, anchor: "middle", turn: -90)
    }

    for (index, line) in all.enumerated() {
      let style = SeriesStyle(index: index, isSecondary: index >= series.count)
      let axis = index < series.count ? left : other
      body += style.group(
        line.points.map { point in
          let bar = point.deviation.map {
            (axis.place(point.y - $0, vertical), axis.place(point.y + $0, vertical))
          }
          return (x.place(point.x, horizontal), axis.place(point.y, vertical), bar)
        })
    }
    let (legend, bottom) = legend(below: frame.bottom + 64, of: all)
    return Figure.document(title, width: 720, height: bottom, body + legend)
  }

  /// What can be drawn of a series: points in the order of x, deviations that are positive.
  private static func drawable(_ series: Series, logX: Bool) -> Series {
    let points = series.points.filter {
      Figure.canDraw($0.y) && Figure.canDraw($0.x) && (!logX || $0.x > 1e-100)
    }.map { point in
      let deviation = point.deviation.flatMap { Figure.canDraw($0) && $0 > 0 ? $0 : nil }
      return (x: point.x, y: point.y, deviation: deviation)
    }
    let order = points.indices.sorted { (points[$0].x, $0) < (points[$1].x, $1) }
    return Series(name: series.name, points: order.map { points[$0] })
  }

  /// The heights the axis has to hold, with those of the error bars.
  private static func heights(_ series: Series) -> [Double] {
    series.points.flatMap { [$0.y - ($0.deviation ?? 0), $0.y + ($0.deviation ?? 0)] }
  }

  private static func tick(_ path: String) -> String {
    "<path d=\"\(path)\" stroke=\"#333333\"/>\n"
  }

  /// The legend in as many rows as it needs, and the height at which the figure ends.
  private func legend(below top: Double, of all: [Series]) -> (text: String, bottom: Double) {
    var text = ""
    var at = (x: 46.0, y: top)
    for (index, line) in all.enumerated() {
      let isSecondary = index >= series.count
      let name = isSecondary ? line.name + " (right axis)" : line.name
      let width = 34 + Figure.width(name) + 20
      if at.x > 46 && at.x + width > 710 { at = (46, at.y + 20) }
      let style = SeriesStyle(index: index, isSecondary: isSecondary)
      text += style.sample(x: at.x, y: at.y - 4)
      text += Figure.text(name, x: at.x + 34, y: at.y)
      at.x += width
    }
    return (text, all.isEmpty ? top - 12 : at.y + 16)
  }
}

/// Colour, marker and dashes of the n-th series.
private struct SeriesStyle {
  /// Okabe and Ito's colours, which colour-blind readers can tell apart, without the palest.
  private static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#aa4a87", "#000000", "#9a6a00",
  ]
  private static let markers = [
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "M-3.7 -3.7h7.4v7.4h-7.4z", "M0 -4.8L4.6 3.6H-4.6z",
    "M0 -5L5 0L0 5L-5 0z", "M0 4.8L4.6 -3.6H-4.6z",
    "M-5 -1.4h3.6v-3.6h2.8v3.6h3.6v2.8h-3.6v3.6h-2.8v-3.6h-3.6z",
    "M0 -5L4.8 -1.5L2.9 4H-2.9L-4.8 -1.5z",
  ]
  private static let dashes = ["", "7 3", "2 3", "9 3 2 3"]

  let colour: String, marker: String, dash: String, fill: String

  init(index: Int, isSecondary: Bool) {
    colour = Self.colours[index % Self.colours.count]
    marker = Self.markers[index % Self.markers.count]
    dash = Self.dashes[index % Self.dashes.count]
    fill = isSecondary ? "#ffffff" : colour
  }

  /// A series with its points, and the ends of their error bars, on the page.
  func group(_ points: [(x: Double, y: Double, bar: (Double, Double)?)]) -> String {
    let n = Figure.number
    var text = "<g class=\"series\" stroke=\"\(colour)\" stroke-width=\"1.8\">\n"
    if points.count > 1 {
      text += line(points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " "))
    }
    let bars = points.compactMap { point in
      point.bar.map {
        "M\(n(point.x)) \(n($0.0))V\(n($0.1))M\(n(point.x - 4)) \(n($0.0))h8"
          + "M\(n(point.x - 4)) \(n($0.1))h8"
      }
    }
    if !bars.isEmpty {
      text += "<path class=\"bars\" d=\"\(bars.joined())\" fill=\"none\" stroke-width=\"1.2\"/>\n"
    }
    for point in points { text += mark(x: point.x, y: point.y) }
    return text + "</g>\n"
  }

  /// A piece of the line with its marker, for the legend.
  func sample(x: Double, y: Double) -> String {
    let (start, end) = ("\(Figure.number(x)),\(Figure.number(y))", Figure.number(x + 28))
    return "<g class=\"sample\" stroke=\"\(colour)\" stroke-width=\"1.8\">\n"
      + line("\(start) \(end),\(Figure.number(y))") + mark(x: x + 14, y: y) + "</g>\n"
  }

  private func line(_ points: String) -> String {
    let dashes = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    return "<polyline points=\"\(points)\" fill=\"none\"\(dashes)/>\n"
  }

  private func mark(x: Double, y: Double) -> String {
    "<path class=\"marker\" transform=\"translate(\(Figure.number(x)) \(Figure.number(y)))\""
      + " d=\"\(marker)\" fill=\"\(fill)\" stroke-width=\"1.4\"/>\n"
  }
}

/// An axis that begins and ends on ticks, 1, 2 or 5 times a power of ten apart.
private struct ChartAxis {
  let ticks: [Double]
  private let isLogarithmic: Bool
  /// Digits behind the point that tell neighbouring ticks apart.
  private let digits: Int

  /// Creates an axis that holds `values`, which can be drawn; positive ones if it is logarithmic.
  init(_ values: [Double], logarithmic: Bool = false) {
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
    let least = (high - low) / 6
    let power = pow(10, floor(log10(least)))
    let step = power * ([1, 2, 5].first { $0 * power >= least * (1 - 1e-9) } ?? 10)
    let (first, last) = (floor(low / step + 1e-9), ceil(high / step - 1e-9))
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    digits = max(0, -Int(floor(log10(step) + 1e-9)))
  }

  /// The room its labels take.
  var labelWidth: Double { ticks.map { Figure.width(label($0)) }.max() ?? 0 }

  /// Where `value` lies between the ends of the axis on the page.
  func place(_ value: Double, _ page: (start: Double, end: Double)) -> Double {
    func scale(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }
    let (low, high) = (scale(ticks[0]), scale(ticks[ticks.count - 1]))
    return page.start + (scale(value) - low) / (high - low) * (page.end - page.start)
  }

  /// The label of a tick.
  func label(_ tick: Double) -> String {
    let isPlain = !isLogarithmic && digits <= 6 && abs(ticks[0]) < 1e7 && abs(ticks.last!) < 1e7
    return Figure.signed(isPlain ? fixed(tick, digits) : String(format: "%.6g", tick))
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

/// What figures are made of: numbers, texts and the document around them.
enum Figure {
  /// Whether a number is finite and of a size whose differences are, too.
  static func canDraw(_ value: Double) -> Bool { abs(value) <= 1e100 }

  /// A coordinate, with two digits behind the point at most.
  static func number(_ value: Double) -> String {
    var text = fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  /// A formatted number with a true minus sign, and none before zero.
  static func signed(_ text: String) -> String {
    guard text.hasPrefix("-") else { return text }
    let digits = text.dropFirst()
    return digits.contains { ("1"..."9").contains($0) } ? "\u{2212}" + digits : String(digits)
  }

  /// About how wide a text is; fonts differ.
  static func width(_ text: String, size: Double = 12) -> Double {
    0.56 * size * Double(text.count)
  }

  /// `text` for use between tags or quotes, without the characters XML cannot hold.
  static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result += " "
      case "\u{0}"..<"\u{20}", "\u{fffe}", "\u{ffff}": continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A text whose baseline is at (x, y), turned around that point by `turn` degrees.
  static func text(
    _ text: String, x: Double, y: Double, size: Int = 12, anchor: String = "start",
    colour: String = "#222222", isBold: Bool = false, turn: Int = 0
  ) -> String {
    let (x, y) = (number(x), number(y))
    var attributes = "x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" text-anchor=\"\(anchor)\""
    attributes += " fill=\"\(colour)\""
    if isBold { attributes += " font-weight=\"bold\"" }
    if turn != 0 { attributes += " transform=\"rotate(\(turn) \(x) \(y))\"" }
    return "<text \(attributes)>\(escape(text))</text>\n"
  }

  /// The whole figure on a white page.
  static func document(_ title: String, width: Double, height: Double, _ body: String) -> String {
    let (width, height, title) = (number(width), number(height), escape(title))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title)" \
      font-family="Helvetica, Arial, sans-serif">
      <title>\(title)</title>
      <rect width="\(width)" height="\(height)" fill="#ffffff"/>
      \(body)</svg>

      """
  }
}
