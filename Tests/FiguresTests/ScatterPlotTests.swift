import Figures
import Foundation
import Testing

@Suite struct ScatterPlotTests {
  private func drawing(_ points: [(name: String, x: Double, y: Double)]) throws -> Drawing {
    try Drawing(ScatterPlot(title: "t", xLabel: "x", yLabel: "y", points: points).figure.svg)
  }

  @Test func pointsLandWhereTheAxesSayWithTheirNamesBeside() throws {
    let drawing = try drawing([("a", 0, 0), ("b & c", 10, 1), ("none", .nan, 1)])
    let frame = try #require(drawing.all("frame").first)
    let (x, y) = (try #require(frame["x"]), try #require(frame["y"]))
    let (width, height) = (try #require(frame["width"]), try #require(frame["height"]))
    let markers = drawing.markers
    #expect(markers.count == 2)
    #expect(abs(markers[0].x - x) < 0.02 && abs(markers[0].y - y - height) < 0.02)
    #expect(abs(markers[1].x - x - width) < 0.02 && abs(markers[1].y - y) < 0.02)
    #expect(drawing.texts.contains("b & c") && !drawing.texts.contains("none"))
    for (name, marker) in zip(["a", "b & c"], markers) {
      let text = try #require(drawing.elements.first { $0.name == "text" && $0.text == name })
      #expect(abs(text["x"]! - marker.x) < 40 && abs(text["y"]! - marker.y) < 20)
      // Inside the frame, also in its corners.
      #expect(text["x"]! > x && text["x"]! < x + width && text["y"]! < y + height)
    }
    let alone = try self.drawing([("a", 0, 0), ("b", 1, 1), ("middle", 0.5, 0.5)])
    let name = try #require(alone.elements.first { $0.text == "middle" })
    #expect(name["x"]! > alone.markers[2].x)
  }

  /// Forty names of points that are all at one place, and of some others, lie apart.
  @Test func namesDoNotHideEachOther() throws {
    let names = (0..<40).map { "domain-x\($0)" }
    let points = names.enumerated().map {
      (name: $1, x: $0 < 30 ? 1 : Double($0), y: Double($0 % 5 / 4))
    }
    let drawing = try drawing(points)
    let texts = drawing.elements.filter { names.contains($0.text) }
    #expect(texts.count == 40)
    for (index, a) in texts.enumerated() {
      for b in texts[(index + 1)...] {
        let width = 11 * 0.5 * Double(a.text.count + b.text.count) / 2
        #expect(abs(a["y"]! - b["y"]!) >= 11 || abs(a["x"]! - b["x"]!) >= width)
      }
    }
    // Where they are not next to their points, lines lead to them.
    #expect(drawing.all("leader").count > 10)
  }

  @Test(arguments: [[], [(1, 1)], [(0, 0), (0, 0)], [(1e308, 1), (.infinity, .nan)]])
  func anyNumbersMakeAFigure(points: [(Double, Double)]) throws {
    let svg = ScatterPlot(
      title: "t", xLabel: "x", yLabel: "y", points: points.map { ("a", $0.0, $0.1) }
    ).figure.svg
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    _ = try Drawing(svg)
  }
}
