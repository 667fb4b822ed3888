/// A chart of lines with markers and error bars, with axes and a legend.
///
/// Series differ in colour, marker and dashes, so that they can be told apart in black and white.
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

    /// Whether the line goes from point to point as they are given.
    fileprivate let isPath: Bool

    /// Creates a line through `points`, in the order of their x, or as given if it `isPath`.
    public init(
      name: String, points: [(x: Double, y: Double, deviation: Double?)], isPath: Bool = false
    ) {
      self.name = name
      self.points = points
      self.isPath = isPath
    }
  }

  private let title: String, xLabel: String, yLabel: String
  private let series: [Series]
  private let secondary: (label: String, series: [Series])?
  private let isLogarithmic: Bool, countsX: Bool
  private let marks: [(x: Double, label: String)]

  /// Creates a chart.
  ///
  /// - Parameters:
  ///   - title: what stands above it.
  ///   - xLabel: what x is, with its unit.
  ///   - yLabel: what y is, with its unit.
  ///   - series: the lines measured on the left axis.
  ///   - logX: whether x is logarithmic.
  ///   - countsX: whether x counts something, such as epochs, so that its ticks are whole.
  ///   - secondary: lines measured on an axis of their own on the right, and what that measures.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series], logX: Bool = false,
    countsX: Bool = false, secondary: (label: String, series: [Series])? = nil,
    marks: [(x: Double, label: String)] = []
  ) {
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
    (isLogarithmic, self.countsX, self.secondary) = (logX, countsX, secondary)
    self.marks = marks.filter { SVG.canDraw($0.x) && (!logX || $0.x > 1e-100) }
    self.series = series.map { Self.drawable($0, logX: logX) }
  }

  /// The chart, drawn.
  public var figure: Figure {
    let right = (secondary?.series ?? []).map { Self.drawable($0, logX: isLogarithmic) }
    let all = series + right
    let x = ChartAxis(
      all.flatMap { $0.points.map(\.x) }, logarithmic: isLogarithmic, counts: countsX)
    let left = ChartAxis(series.flatMap(Self.heights))
    let other = ChartAxis(right.flatMap(Self.heights))

    let frame = ChartFrame(x: x, y: left, margin: secondary == nil ? 28 : 46 + other.labelWidth)
    let vertical = frame.vertical
    var body = frame.body(title: title, xLabel: xLabel, yLabel: yLabel)
    if let secondary {
      for tick in other.ticks {
        let at = other.place(tick, vertical)
        body += ChartFrame.tick("M\(SVG.number(frame.right)) \(SVG.number(at))h5")
        body += SVG.text(other.label(tick), x: frame.right + 8, y: at + 4)
      }
      body += SVG.text(
        secondary.label, x: 706, y: frame.middle.y, size: 13, anchor: "middle", turn: -90)
    }

    for mark in marks where (x.ticks[0]...x.ticks.last!).contains(mark.x) {
      let at = x.place(mark.x, frame.horizontal)
      body += ChartFrame.mark(at: at, from: frame.bottom, to: frame.top)
      // What would stick out begins or ends at its line.
      let half = SVG.width(mark.label, size: 11) / 2
      let anchor =
        at + half > frame.right + 20 ? "end" : at - half < frame.left ? "start" : "middle"
      body += SVG.text(mark.label, x: at, y: frame.top - 4, size: 11, anchor: anchor)
    }
    for (index, line) in all.enumerated() {
      let style = SeriesStyle(index: index, isSecondary: index >= series.count)
      let axis = index < series.count ? left : other
      body += style.group(
        line.points.map { point in
          let bar = point.deviation.map {
            (axis.place(point.y - $0, vertical), axis.place(point.y + $0, vertical))
          }
          return (x.place(point.x, frame.horizontal), axis.place(point.y, vertical), bar)
        })
    }
    let (legend, bottom) = legend(below: frame.bottom + 64, of: all)
    return Figure(title, width: ChartFrame.pageWidth, height: bottom, body: body + legend)
  }

  /// What can be drawn of a series: points in their order, deviations that are positive.
  private static func drawable(_ series: Series, logX: Bool) -> Series {
    let points = series.points.filter {
      SVG.canDraw($0.y) && SVG.canDraw($0.x) && (!logX || $0.x > 1e-100)
    }.map { point in
      let deviation = point.deviation.flatMap { SVG.canDraw($0) && $0 > 0 ? $0 : nil }
      return (x: point.x, y: point.y, deviation: deviation)
    }
    if series.isPath { return Series(name: series.name, points: points, isPath: true) }
    let order = points.indices.sorted { (points[$0].x, $0) < (points[$1].x, $1) }
    return Series(name: series.name, points: order.map { points[$0] })
  }

  /// The heights the axis has to hold, with those of the error bars.
  private static func heights(_ series: Series) -> [Double] {
    series.points.flatMap { [$0.y - ($0.deviation ?? 0), $0.y + ($0.deviation ?? 0)] }
  }

  /// The legend in as many rows as it needs, and the height at which the figure ends.
  private func legend(below top: Double, of all: [Series]) -> (text: String, bottom: Double) {
    var text = ""
    var at = (x: 46.0, y: top)
    for (index, line) in all.enumerated() {
      let isSecondary = index >= series.count
      let name = isSecondary ? line.name + " (right axis)" : line.name
      let width = 34 + SVG.width(name) + 20
      if at.x > 46 && at.x + width > 710 { at = (46, at.y + 20) }
      let style = SeriesStyle(index: index, isSecondary: isSecondary)
      text += style.sample(x: at.x, y: at.y - 4)
      text += SVG.text(name, x: at.x + 34, y: at.y)
      at.x += width
    }
    return (text, all.isEmpty ? top - 12 : at.y + 16)
  }
}
