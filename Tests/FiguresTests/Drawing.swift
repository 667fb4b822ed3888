import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of a figure, as an XML parser finds them.
final class Drawing: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""

    subscript(name: String) -> Double? { attributes[name].flatMap { Double($0) } }
  }
  private(set) var elements: [Element] = []
  private var open: [Int] = []

  init(_ svg: String) throws {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    try #require(parser.parse(), "\(String(describing: parser.parserError)): \(svg)")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if let last = open.last { elements[last].text += text }
  }

  func all(_ kind: String) -> [Element] { elements.filter { $0.attributes["class"] == kind } }
  var texts: [String] { elements.filter { $0.name == "text" }.map(\.text) }

  /// Where markers of the series are; those of the legend stand in groups behind.
  var markers: [(x: Double, y: Double)] {
    var isSample = false
    return elements.compactMap { element in
      if element.name == "g" { isSample = element.attributes["class"] == "sample" }
      guard element.attributes["class"] == "marker", !isSample else { return nil }
      let numbers = element.attributes["transform"]!.dropFirst("translate(".count).dropLast()
      let parts = numbers.split(separator: " ").map { Double($0)! }
      return (parts[0], parts[1])
    }
  }
}
