import Foundation

/// Points in the plane with their names beside them.
public struct ScatterPlot: Sendable {
  private let title: String, xLabel: String, yLabel: String
  private let points: [(name: String, x: Double, y: Double)]

  /// Creates a plot.
  ///
  /// - Parameters:
  ///   - title: what stands above it.
  ///   - xLabel: what x is, with its unit.
  ///   - yLabel: what y is, with its unit.
  ///   - points: the points; one is left out where x or y is not finite.
  public init(
    title: String, xLabel: String, yLabel: String, points: [(name: String, x: Double, y: Double)]
  ) {
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
    self.points = points.filter { SVG.canDraw($0.x) && SVG.canDraw($0.y) }
  }

  /// The plot, drawn. Names are put where they hide neither a point nor each other, as far as there
  /// is room; a line leads to those that are not next to their point.
  public var figure: Figure {
    let frame = ChartFrame(
      x: ChartAxis(points.map(\.x)), y: ChartAxis(points.map(\.y)), bottom: 524)
    var body = frame.body(title: title, xLabel: xLabel, yLabel: yLabel)
    let places = points.map {
      (x: frame.x.place($0.x, frame.horizontal), y: frame.y.place($0.y, frame.vertical))
    }
    let style = SeriesStyle(index: 0, isSecondary: false)
    var taken = places.map { Box(x: $0.x, y: $0.y, width: 10, height: 10) }
    for (point, place) in zip(points, places) {
      let size = (width: SVG.width(point.name, size: Self.size) + 4, height: Self.size + 2)
      let box = Self.box(of: size, beside: place, in: frame, around: taken)
      taken.append(box)
      body += box.leader(to: place)
      body += SVG.text(
        point.name, x: box.x, y: box.y + Self.size * 0.35, size: Int(Self.size), anchor: "middle")
    }
    for place in places { body += style.point(x: place.x, y: place.y) }
    return Figure(
      title, width: ChartFrame.pageWidth, height: frame.bottom + 56, body: body)
  }

  private static let size = 11.0

  /// The nearest free place of a name beside its point, right of it where it can be; the first one if
  /// there is none.
  private static func box(
    of size: (width: Double, height: Double), beside place: (x: Double, y: Double),
    in frame: ChartFrame, around taken: [Box]
  ) -> Box {
    let places = stride(from: 6.0, to: 300, by: 7).flatMap { distance in
      (0..<16).map { turn in
        let angle = Double(turn) * .pi / 8
        return Box(
          x: place.x + cos(angle) * (distance + size.width / 2),
          y: place.y + sin(angle) * (distance + size.height / 2),
          width: size.width, height: size.height)
      }
    }
    return places.first { box in box.isInside(frame) && !taken.contains(where: box.meets) }
      ?? places[0]
  }
}

/// A rectangle on the page, given by its middle.
private struct Box {
  let x: Double, y: Double, width: Double, height: Double

  func meets(_ other: Box) -> Bool {
    abs(x - other.x) < (width + other.width) / 2 && abs(y - other.y) < (height + other.height) / 2
  }

  func isInside(_ frame: ChartFrame) -> Bool {
    x - width / 2 > frame.left && x + width / 2 < frame.right
      && y - height / 2 > frame.top && y + height / 2 < frame.bottom
  }

  /// A line from its nearest side to `point`; none if they are next to each other.
  func leader(to point: (x: Double, y: Double)) -> String {
    let end = (
      x: min(max(point.x, x - width / 2), x + width / 2),
      y: min(max(point.y, y - height / 2), y + height / 2)
    )
    guard hypot(end.x - point.x, end.y - point.y) > 9 else { return "" }
    let n = SVG.number
    return "<path class=\"leader\" d=\"M\(n(point.x)) \(n(point.y))L\(n(end.x)) \(n(end.y))\""
      + " stroke=\"#999999\" stroke-width=\"0.8\"/>\n"
  }
}
