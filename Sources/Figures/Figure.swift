/// A drawing: SVG elements, and the page they stand on. Self-contained: it needs no script, font or
/// other file.
public struct Figure: Sendable {
  /// What it is called, for readers that cannot see it.
  public let title: String
  /// The size of the page, in pixels.
  public let width: Double, height: Double
  private let body: String

  init(_ title: String, width: Double, height: Double, body: String) {
    self.title = title
    self.width = width
    self.height = height
    self.body = body
  }

  /// `figures` as one, below one another.
  public init(_ title: String, stacking figures: [Figure]) {
    var height = 0.0
    var body = ""
    for figure in figures {
      body += figure.element(" y=\"\(SVG.number(height))\"")
      height += figure.height
    }
    self.init(title, width: figures.map(\.width).max() ?? 0, height: height, body: body)
  }

  /// The text of an SVG file. Equal figures give equal text.
  public var svg: String { element(" xmlns=\"http://www.w3.org/2000/svg\"") }

  /// The figure on a white page, as an element with the further `attributes`.
  private func element(_ attributes: String) -> String {
    let (width, height, title) = (SVG.number(width), SVG.number(height), SVG.escape(title))
    return """
      <svg\(attributes) width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title)" \
      font-family="Helvetica, Arial, sans-serif">
      <title>\(title)</title>
      <rect width="\(width)" height="\(height)" fill="#ffffff"/>
      \(body)</svg>

      """
  }
}
