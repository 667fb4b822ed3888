/// What figures are drawn with: numbers and texts as SVG has them.
enum SVG {
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

  /// `text` on one line for use between tags or quotes, without control characters.
  static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.shown(limit: .max).unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
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
}
