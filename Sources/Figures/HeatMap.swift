import Foundation

/// A table of numbers coloured by value.
///
/// Colours diverge around 0, blue below and red above; the number stands in each cell, so nothing
/// is lost in black and white.
public struct HeatMap: Sendable {
  private let title: String
  private let rows: [String], columns: [String]
  private let values: [[Double]]
  private let labels: [[String]]?
  private let greatest: Double?
  private let cell: (width: Double, height: Double)

  /// Creates a map.
  ///
  /// - Parameters:
  ///   - title: what stands above it.
  ///   - rows: the names of the rows.
  ///   - columns: the names of the columns.
  ///   - values: `values[row][column]`; a cell is left empty where its number is not finite.
  ///   - greatest: for numbers from 0 on: that which is darkest; left out, that is the greatest
  ///     magnitude, above and below 0.
  ///   - labels: what stands in the cells instead of the numbers, which are then colours only,
  ///     without a scale.
  ///   - isCompact: whether cells are small, so that many fit.
  public init(
    title: String, rows: [String], columns: [String], values: [[Double]],
    greatest: Double? = nil, labels: [[String]]? = nil, isCompact: Bool = false
  ) {
    precondition(
      values.count == rows.count && values.allSatisfy { $0.count == columns.count },
      "every row and column needs a number")
    (self.title, self.rows, self.columns, self.values) = (title, rows, columns, values)
    (self.greatest, self.labels) = (greatest, labels)
    cell = isCompact ? (44, 22) : (76, 36)
  }

  /// The map, drawn.
  public var figure: Figure {
    let widest = columns.map { SVG.width($0) }.max() ?? 0
    let isTurned = widest > cell.width - 8
    let left = 24 + (rows.map { SVG.width($0) }.max() ?? 0)
    let top = 64 + (isTurned ? widest * 0.71 : 0)
    let right = left + cell.width * Double(columns.count)
    let bottom = top + cell.height * Double(rows.count)
    // Turned names lean over the right edge, above the scale.
    let scale = right + 24
    let end = max(scale + 76, isTurned ? right + widest * 0.71 : 0)
    let titleWidth = 32 + SVG.width(title, size: 15) * 1.05
    let width = max(end, titleWidth, 240)

    var body = SVG.text(title, x: 16, y: 26, size: 15, isBold: true)
    for (index, column) in columns.enumerated() {
      let x = left + cell.width * (Double(index) + 0.5)
      body +=
        isTurned
        ? SVG.text(column, x: x, y: top - 8, turn: -45)
        : SVG.text(column, x: x, y: top - 8, anchor: "middle")
    }
    let drawn = values.joined().filter(SVG.canDraw)
    let limit = greatest ?? drawn.map { abs($0) }.max() ?? 0
    let digits = Self.digits(limit)
    for (row, name) in rows.enumerated() {
      let y = top + cell.height * Double(row)
      body += SVG.text(name, x: left - 8, y: y + cell.height / 2 + 4, anchor: "end")
      for (column, value) in values[row].enumerated() {
        let x = left + cell.width * Double(column)
        let canDraw = SVG.canDraw(value)
        let shade = Shade(canDraw && limit > 0 ? value / limit : 0)
        body += Self.rectangle("cell", x, y, cell.width, cell.height, shade.fill, "#bbbbbb")
        guard canDraw else { continue }
        body += SVG.text(
          labels?[row][column] ?? Self.label(value, digits), x: x + cell.width / 2,
          y: y + cell.height / 2 + 4,
          anchor: "middle", colour: shade.ink)
      }
    }
    let hasScale = labels == nil && !drawn.isEmpty
    if hasScale {
      body += Self.scale(
        x: scale, top: top, limit: limit, digits: digits, isDiverging: greatest == nil)
    }
    let height = max(bottom, hasScale ? top + Self.scaleHeight : 0) + 20
    return Figure(title, width: width, height: height, body: body)
  }

  private static let scaleHeight = 110.0

  /// The colours from `limit` at the top to −`limit`, or to 0 unless it `isDiverging`.
  private static func scale(
    x: Double, top: Double, limit: Double, digits: Int, isDiverging: Bool
  ) -> String {
    let low: Double = isDiverging ? -1 : 0
    let count = 21
    let height = scaleHeight / Double(count)
    var text = ""
    for step in 0..<count {
      let shade = Shade(1 - (1 - low) * Double(step) / Double(count - 1))
      text += rectangle(
        "scale", x, top + height * Double(step), 14, height + 0.3, shade.fill, "none")
    }
    text += rectangle("outline", x, top, 14, scaleHeight, "none", "#333333")
    for (share, y) in [(1, 10), ((1 + low) / 2, scaleHeight / 2 + 4), (low, scaleHeight)] {
      text += SVG.text(label(share * limit, digits), x: x + 20, y: top + y)
    }
    return text
  }

  /// Digits behind the point that show three digits of the largest number.
  private static func digits(_ limit: Double) -> Int {
    limit > 0 ? max(0, min(6, 2 - Int(floor(log10(limit))))) : 0
  }

  private static func label(_ value: Double, _ digits: Int) -> String {
    let isPlain = abs(value) < 1e7 && (value == 0 || digits < 6)
    return SVG.signed(isPlain ? fixed(value, digits) : String(format: "%.3g", value))
  }

  private static func rectangle(
    _ kind: String, _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String,
    _ stroke: String
  ) -> String {
    let n = SVG.number
    return "<rect class=\"\(kind)\" x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\""
      + " height=\"\(n(height))\" fill=\"\(fill)\" stroke=\"\(stroke)\"/>\n"
  }
}

/// The colour of a share of the largest number, from −1 to 1.
private struct Shade {
  /// Blue, white and red that are equally dark at equal distance from 0.
  private static let stops: [(Double, Double, Double)] = [
    (33, 102, 172), (146, 197, 222), (255, 255, 255), (244, 165, 130), (178, 24, 43),
  ]

  let fill: String
  /// Black, or white where that is easier to read.
  let ink: String

  init(_ share: Double) {
    let place = (max(-1, min(1, share)) + 1) * 2
    let index = min(Int(place), 3)
    let part = place - Double(index)
    let (from, to) = (Self.stops[index], Self.stops[index + 1])
    func mix(_ a: Double, _ b: Double) -> Int { Int((a + (b - a) * part).rounded()) }
    let (red, green, blue) = (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
    fill = String(format: "#%02x%02x%02x", red, green, blue)
    // The relative luminance (WCAG 2) at which black and white have the same contrast is 0.18.
    let luminance =
      0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
    ink = luminance < 0.18 ? "#ffffff" : "#111111"
  }

  /// How much light a channel of sRGB from 0 to 255 gives, from 0 to 1.
  private static func linear(_ channel: Int) -> Double {
    let share = Double(channel) / 255
    return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
  }
}
