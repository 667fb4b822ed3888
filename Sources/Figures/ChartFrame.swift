/// The rectangle that a chart is drawn in, with an axis on the left and one below.
struct ChartFrame {
  /// The width of the page.
  static let pageWidth = 720.0

  let x: ChartAxis, y: ChartAxis
  let left: Double, right: Double, bottom: Double
  let top = 44.0

  /// A frame that leaves `margin` on the right and ends at `bottom`.
  init(x: ChartAxis, y: ChartAxis, margin: Double = 28, bottom: Double = 364) {
    (self.x, self.y, self.bottom) = (x, y, bottom)
    left = 46 + y.labelWidth
    right = Self.pageWidth - margin
  }

  /// Where x is drawn, from the left.
  var horizontal: (start: Double, end: Double) { (left, right) }
  /// Where y is drawn, from below.
  var vertical: (start: Double, end: Double) { (bottom, top) }
  /// Its middle.
  var middle: (x: Double, y: Double) { ((left + right) / 2, (top + bottom) / 2) }

  /// The frame with its title, ticks and what the axes are.
  func body(title: String, xLabel: String, yLabel: String) -> String {
    let n = SVG.number
    // High enough for the labels of marks below it.
    var body = SVG.text(title, x: middle.x, y: 18, size: 15, anchor: "middle", isBold: true)
    for tick in y.ticks {
      let at = n(y.place(tick, vertical))
      body += "<path class=\"grid\" d=\"M\(n(left)) \(at)H\(n(right))\" stroke=\"#dddddd\"/>\n"
    }
    body += "<rect class=\"frame\" x=\"\(n(left))\" y=\"\(n(top))\" width=\"\(n(right - left))\""
    body += " height=\"\(n(bottom - top))\" fill=\"none\" stroke=\"#333333\"/>\n"
    for tick in x.ticks {
      let at = x.place(tick, horizontal)
      body += Self.tick("M\(n(at)) \(n(bottom))v5")
      body += SVG.text(x.label(tick), x: at, y: bottom + 18, anchor: "middle")
    }
    for tick in y.ticks {
      let at = y.place(tick, vertical)
      body += Self.tick("M\(n(left)) \(n(at))h-5")
      body += SVG.text(y.label(tick), x: left - 8, y: at + 4, anchor: "end")
    }
    body += SVG.text(xLabel, x: middle.x, y: bottom + 40, size: 13, anchor: "middle")
    return body + SVG.text(yLabel, x: 22, y: middle.y, size: 13, anchor: "middle", turn: -90)
  }

  /// A dashed line across the frame.
  static func mark(at x: Double, from bottom: Double, to top: Double) -> String {
    let n = SVG.number
    return "<path class=\"mark\" d=\"M\(n(x)) \(n(bottom))V\(n(top))\" stroke=\"#555555\""
      + " stroke-dasharray=\"4 3\"/>\n"
  }

  /// A tick along `path`.
  static func tick(_ path: String) -> String {
    "<path d=\"\(path)\" stroke=\"#333333\"/>\n"
  }
}
