/// Colour, marker and dashes of the n-th series.
struct SeriesStyle {
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
    let n = SVG.number
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

  /// A point by itself.
  func point(x: Double, y: Double) -> String {
    "<g class=\"series\" stroke=\"\(colour)\">\n" + mark(x: x, y: y) + "</g>\n"
  }

  /// A piece of the line with its marker, for the legend.
  func sample(x: Double, y: Double) -> String {
    let (start, end) = ("\(SVG.number(x)),\(SVG.number(y))", SVG.number(x + 28))
    return "<g class=\"sample\" stroke=\"\(colour)\" stroke-width=\"1.8\">\n"
      + line("\(start) \(end),\(SVG.number(y))") + mark(x: x + 14, y: y) + "</g>\n"
  }

  private func line(_ points: String) -> String {
    let dashes = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    return "<polyline points=\"\(points)\" fill=\"none\"\(dashes)/>\n"
  }

  private func mark(x: Double, y: Double) -> String {
    "<path class=\"marker\" transform=\"translate(\(SVG.number(x)) \(SVG.number(y)))\""
      + " d=\"\(marker)\" fill=\"\(fill)\" stroke-width=\"1.4\"/>\n"
  }
}
