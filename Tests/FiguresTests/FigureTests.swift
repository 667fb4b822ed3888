import Figures
import Foundation
import Testing

@Suite struct FigureTests {
  private static func line(_ points: [(Double, Double)], _ name: String = "a") -> LineChart.Series {
    LineChart.Series(name: name, points: points.map { ($0.0, $0.1, nil) })
  }

  private static func chart(_ series: LineChart.Series..., logX: Bool = false) -> LineChart {
    LineChart(title: "t", xLabel: "x", yLabel: "y", series: series, logX: logX)
  }

  private func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 0.02 }

  @Test func pointsLandWhereTheAxesSay() throws {
    let drawing = try Drawing(Self.chart(Self.line([(10, 100), (0, 0), (2.5, 50)])).figure.svg)
    let frame = try #require(drawing.all("frame").first)
    let (x, y) = (try #require(frame["x"]), try #require(frame["y"]))
    let (width, height) = (try #require(frame["width"]), try #require(frame["height"]))
    let markers = drawing.markers
    #expect(markers.count == 3)
    #expect(close(markers[0].x, x) && close(markers[0].y, y + height))
    #expect(close(markers[1].x, x + width / 4) && close(markers[1].y, y + height / 2))
    #expect(close(markers[2].x, x + width) && close(markers[2].y, y))
    for tick in ["0", "2", "10", "20", "100"] { #expect(drawing.texts.contains(tick)) }
  }

  @Test(arguments: [[1], [1, 2], [1, 2, 3], Array(1...40)]) func countsHaveWholeTicks(epochs: [Int])
    throws
  {
    let chart = LineChart(
      title: "t", xLabel: "x", yLabel: "y", series: [Self.line(epochs.map { (Double($0), 0) })],
      countsX: true)
    let drawing = try Drawing(chart.figure.svg)
    // Ticks of y begin at -1 and end at 1.
    let ticks = drawing.texts.prefix { !$0.hasPrefix("\u{2212}") }.dropFirst()
    #expect(ticks.count >= 2 && ticks.allSatisfy { Int($0) != nil }, "\(ticks)")
    #expect(ticks.contains("\(epochs[0])") || epochs.count > 6)
  }

  /// The title ends above where labels of marks begin.
  @Test func labelsOfMarksLeaveRoomForTheTitle() throws {
    let chart = LineChart(
      title: "title", xLabel: "x", yLabel: "y", series: [Self.line([(0, 0), (1, 1)])],
      marks: [(x: 0.5, label: "kept")])
    let texts = try Drawing(chart.figure.svg).elements.filter { $0.name == "text" }
    let title = try #require(texts.first { $0.text == "title" }?["y"])
    let mark = try #require(texts.first { $0.text == "kept" }?["y"])
    // Letters reach a quarter of their size below the line and all of it above.
    #expect(title + 15 / 4 + 4 < mark - 11)
  }

  @Test func aPathGoesFromPointToPointAsGiven() throws {
    let path = LineChart.Series(
      name: "a", points: [(1, 0, nil), (0, 1, nil), (2, 2, nil)], isPath: true)
    let markers = try Drawing(Self.chart(path).figure.svg).markers
    #expect(markers[1].x < markers[0].x && markers[0].x < markers[2].x)
  }

  @Test func aLogarithmicAxisSpreadsRatiosEvenly() throws {
    let drawing = try Drawing(
      Self.chart(Self.line([(0.01, 1), (0.1, 2), (1, 3), (0, 4), (-1, 5)]), logX: true).figure.svg)
    let frame = try #require(drawing.all("frame").first)
    let markers = drawing.markers
    #expect(markers.count == 3)
    #expect(close(markers[1].x, frame["x"]! + frame["width"]! / 2))
    #expect(close(markers[2].x, frame["x"]! + frame["width"]!))
    for tick in ["0.01", "0.02", "0.05", "0.1", "1"] { #expect(drawing.texts.contains(tick)) }
  }

  @Test func errorBarsReachAsFarAsTheDeviation() throws {
    let series = LineChart.Series(
      name: "a", points: [(0, 50, 50), (1, 50, 0), (2, 50, nil), (3, 50, .nan), (4, 50, -1)])
    let drawing = try Drawing(Self.chart(series).figure.svg)
    let frame = try #require(drawing.all("frame").first)
    let bars = try #require(drawing.all("bars").first?.attributes["d"])
    #expect(bars.count { $0 == "V" } == 1)
    #expect(bars.hasSuffix("h8") && bars.contains(" 364V44M"))
    #expect(frame["y"] == 44 && frame["height"] == 320)
    #expect(drawing.markers.allSatisfy { close($0.y, 204) })
  }

  @Test func theRightAxisHasAScaleOfItsOwn() throws {
    let chart = LineChart(
      title: "t", xLabel: "density", yLabel: "F1", series: [Self.line([(0, 0), (1, 100)], "F1")],
      secondary: ("overlap ratio", [Self.line([(0, 0.5), (1, 1), (.nan, 7)], "OR")]))
    let drawing = try Drawing(chart.figure.svg)
    let markers = drawing.markers
    #expect(markers.count == 4)
    #expect(close(markers[1].y, 44) && close(markers[3].y, 44))
    #expect(close(markers[0].y, 364) && close(markers[2].y, 364))
    #expect(drawing.texts.contains("overlap ratio") && drawing.texts.contains("OR (right axis)"))
    #expect(drawing.texts.contains("0.5") && drawing.texts.contains("100"))
    #expect(drawing.all("series").map { $0.attributes["stroke"] }.count == 2)
  }

  @Test func labelsAreEscaped() throws {
    let name = "<a & \"b\">'"
    let chart = LineChart(
      title: name, xLabel: name + "\u{1}", yLabel: name, series: [Self.line([(1, 1)], name)],
      secondary: (name, []))
    let texts = try Drawing(chart.figure.svg).texts
    #expect(texts.filter { $0 == name }.count == 5)
    let map = try Drawing(
      HeatMap(title: name, rows: [name], columns: [name], values: [[1]]).figure.svg)
    #expect(map.texts.filter { $0 == name }.count == 3)
    #expect(map.elements[0].attributes["aria-label"] == name)
  }

  @Test(arguments: [
    [], [(1, 1)], [(0, 0)], [(-3, .leastNonzeroMagnitude)],
    [(.nan, 1), (1, .infinity), (-.infinity, .nan)],
    [(1e308, -1e308), (1, 2)], [(1e100, -1e100), (1e-100, 1e100), (1, 1)], [(5, 0.1), (5, 0.1)],
    [(1e15, 1e15 + 1), (1e15, 1e15)], [(.leastNonzeroMagnitude, 3)],
  ])
  func anyNumbersMakeAFigure(points: [(Double, Double)]) throws {
    for logX in [false, true] {
      let svg = Self.chart(Self.line(points), Self.line([]), logX: logX).figure.svg
      let drawing = try Drawing(svg)
      #expect(!svg.contains("nan") && !svg.contains("inf"))
      for marker in drawing.markers {
        #expect((0...720).contains(marker.x) && (44...364).contains(marker.y))
      }
    }
    _ = try Drawing(Self.chart().figure.svg)
  }

  @Test func whatIsNotFiniteIsLeftOut() throws {
    let broken = Self.line([(0, 1), (1, .nan), (.infinity, 2), (2, 3), (3, -.infinity)])
    #expect(Self.chart(broken).figure.svg == Self.chart(Self.line([(0, 1), (2, 3)])).figure.svg)
  }

  @Test func seriesDifferInMoreThanColour() throws {
    let drawing = try Drawing(
      LineChart(
        title: "t", xLabel: "x", yLabel: "y",
        series: (0..<6).map { Self.line([(0, Double($0)), (1, 1)], "s\($0)") }
      ).figure.svg)
    let shapes = drawing.all("marker").map { $0.attributes["d"] }
    #expect(shapes.count == 18 && Set(shapes).count == 6)
    #expect(drawing.texts.filter { $0.hasPrefix("s") } == (0..<6).map { "s\($0)" })
  }

  @Test func aHeatMapDivergesAroundZero() throws {
    let map = HeatMap(
      title: "gain", rows: ["pos", "ner"], columns: ["pos", "ner", "chunk"],
      values: [[0, 0.5, -1], [.nan, -0.0001, .infinity]])
    #expect(map.figure.svg == map.figure.svg)
    let drawing = try Drawing(map.figure.svg)
    let cells = drawing.all("cell")
    let white = "#ffffff"
    #expect(
      cells.map { $0.attributes["fill"] } == [white, "#f4a582", "#2166ac", white, white, white])
    #expect(drawing.texts.filter { $0 == "0.50" }.count == 1)
    #expect(drawing.texts.filter { $0 == "\u{2212}1.00" }.count == 2)
    #expect(drawing.texts.filter { $0 == "0.00" }.count == 3, "two cells and the scale")
    #expect(close(cells[1]["x"]! - cells[0]["x"]!, cells[0]["width"]!))
    #expect(close(cells[3]["y"]! - cells[0]["y"]!, cells[0]["height"]!))
  }

  @Test func aHeatMapOfSharesBeginsAtZero() throws {
    let map = HeatMap(
      title: "p", rows: ["a"], columns: ["1", "2"], values: [[0.5, 0]], greatest: 1,
      isCompact: true)
    let drawing = try Drawing(map.figure.svg)
    let cells = drawing.all("cell")
    // Half of the way from white to the darkest red.
    #expect(cells.map { $0.attributes["fill"] } == ["#f4a582", "#ffffff"])
    #expect(cells.allSatisfy { $0["width"]! < 50 && $0["height"]! < 30 })
    let colours = drawing.all("scale").map { $0.attributes["fill"] }
    #expect(colours.first == "#b2182b" && colours.last == "#ffffff" && colours.count == 21)
    #expect(drawing.texts == ["p", "1", "2", "a", "0.50", "0.00", "1.00", "0.50", "0.00"])
  }

  @Test func labelsOfAHeatMapStandForItsNumbers() throws {
    let map = HeatMap(
      title: "t", rows: ["a"], columns: ["b", "c"], values: [[2, .nan]], labels: [["1,3", ""]])
    let drawing = try Drawing(map.figure.svg)
    #expect(drawing.texts == ["t", "b", "c", "a", "1,3"] && drawing.all("scale").isEmpty)
    #expect(drawing.all("cell").map { $0.attributes["fill"] } == ["#b2182b", "#ffffff"])
  }

  @Test func emptyHeatMapsAreFigures() throws {
    _ = try Drawing(HeatMap(title: "t", rows: [], columns: [], values: []).figure.svg)
    _ = try Drawing(HeatMap(title: "t", rows: ["a"], columns: [], values: [[]]).figure.svg)
    _ = try Drawing(HeatMap(title: "t", rows: ["a"], columns: ["b"], values: [[.nan]]).figure.svg)
    _ = try Drawing(HeatMap(title: "t", rows: ["a"], columns: ["b"], values: [[0]]).figure.svg)
  }

  @Test func stackedFiguresStandBelowOneAnother() throws {
    let wide = Self.chart(Self.line([(0, 1), (1, 2)])).figure
    let map = HeatMap(title: "t", rows: ["a"], columns: ["b"], values: [[1]]).figure
    let stack = Figure("<both>", stacking: [wide, map, wide])
    #expect(stack.width == 720 && stack.height == 2 * wide.height + map.height)
    let roots = try Drawing(stack.svg).elements.filter { $0.name == "svg" }
    #expect(roots.map { $0["y"] } == [nil, 0, wide.height, wide.height + map.height])
    #expect(roots.map { $0["width"] } == [720, 720, map.width, 720])
    #expect(roots[0].attributes["aria-label"] == "<both>")
  }
}
