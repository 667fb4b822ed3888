import Basics
import Foundation
import Reports
import Sharing
import Tensors
import TestSupport
import Testing
import Training

/// Paths of a controller against PyTorch (Fixtures/make_paths.py), and of given ones.
@Suite struct PathsReportTests {
  private let file: SafeTensors
  private static let tasks = ["a", "b", "c", "d"]

  init() throws {
    let url = Bundle.module.url(
      forResource: "paths", withExtension: "safetensors", subdirectory: "Fixtures")
    file = try SafeTensors(contentsOf: #require(url).path)
  }

  private func network(_ paths: [String: [Int]] = [:]) throws -> ModuleNetwork {
    var shape = NetworkShape(words: 2, characters: 2)
    (shape.wordDimension, shape.characterFilters, shape.hidden) = (4, 0, 2)
    var settings = ModuleSettings()
    (settings.count, settings.longest, settings.paths) = (4, 3, paths)
    (settings.controllerEmbedding, settings.controllerHidden) = (3, 5)
    return try ModuleNetwork(
      shape, tasks: Self.tasks.map { TaskShape(name: $0, classes: 2) }, settings: settings,
      seed: nil)
  }

  private func report(_ network: ModuleNetwork) throws -> PathsReport {
    try PathsReport(
      #require(network.parts.modules), tasks: Self.tasks, network: "modules", masks: nil)
  }

  /// The greatest difference; infinite if one list is longer.
  private static func difference(_ a: [Double], _ b: [Double]) -> Double {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  /// The report of the fixture's controller.
  private func searched() throws -> PathsReport {
    let network = try network()
    let controller = try #require(network.parts.modules?.controller)
    try file.load(into: controller.parameters)
    return try report(network)
  }

  @Test func choicesAreThoseOfPyTorch() throws {
    let report = try searched()
    #expect(report.tasks.map(\.path) == [[1, 2, 1], [1, 3], [2], [2]])
    for (index, task) in report.tasks.enumerated() {
      #expect(try task.path.map(Float.init) == file.floats("path.\(index)"))
      let probability = exp(Double(try file.floats("log_probability.\(index)")[0]))
      #expect(abs(try #require(task.probability) - probability) < 1e-6)
      let steps = try #require(task.steps)
      // As many choices as modules, and that of stopping unless the path cannot be longer.
      #expect(steps.map(\.choice) == Array((task.path + [nil]).prefix(3)))
      let expected = try file.floats("steps.\(index)").map { Double($0) }
      let found: [Double] = steps.flatMap { step -> [Double] in step.modules + [step.stop ?? 0] }
      #expect(Self.difference(found, expected) < 1e-6)
      #expect(steps[0].stop == nil && steps.dropFirst().allSatisfy { $0.stop != nil })
    }
  }

  @Test func vectorsAreProjectedAsNumPyDoes() throws {
    let vectors = try #require(try searched().vectors)
    let explained = try file.floats("explained").map { Double($0) }
    let coordinates = try file.floats("coordinates").map { Double($0) }
    #expect(Self.difference(vectors.explained, explained) < 1e-6)
    #expect(Self.difference(vectors.coordinates.flatMap(\.self), coordinates) < 1e-5)
  }

  /// Sets {1, 2}, {1, 3}, {2}, {2}, counted by hand.
  @Test func whatTasksShare() throws {
    let report = try searched()
    #expect(report.modules == 4 && report.used.map(\.module) == [1, 2, 3])
    #expect(report.used.map(\.tasks) == [["a", "b"], ["a", "c", "d"], ["b"]])
    // Module 1 is first and third in a's path and first in b's.
    let depths: [Double] = [5.0 / 3, 4.0 / 3, 2]
    #expect(report.used.map(\.depth) == depths)
    #expect(report.pairs.map(\.tasks).map { $0.joined() } == ["ab", "ac", "ad", "bc", "bd", "cd"])
    let ratios: [Double] = [1.0 / 3, 0.5, 0.5, 0, 0, 1]
    #expect(report.pairs.map(\.ratio) == ratios)
    #expect(report.pairs.map(\.union) == [3, 2, 2, 3, 3, 1])
    #expect(report.all.intersection == 0 && report.all.union == 3 && report.all.ratio == 0)
    #expect((report.pairs + [report.all]).allSatisfy { $0.masks == nil })
  }

  @Test func tablesAndRows() throws {
    let report = try searched()
    let text = report.text
    #expect(text.hasPrefix("Paths of modules; of 4 modules 3 are used\ntask   path  probability\n"))
    #expect(text.contains("\na     1-2-1       0.1754\n"))
    #expect(text.contains("\na        1       1  0.58  0.36  0.06  0.00     -\n"))
    #expect(text.contains("\nb        3    stop  0.11  0.06  0.17  0.01  0.65\n"))
    #expect(text.contains("\ntask    1  2  3\na     1,3  2\nb       1     2\nc          1\n"))
    #expect(text.contains("\nall      0.0000             0      3\n"))
    #expect(text.contains("which explain 70.39 % and 27.03 % of the variance"))
    let rows = report.csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows[0] == ["kind", "task", "other", "step", "choice", "value"])
    func count(_ kind: String) -> Int { rows.count { $0[0] == kind } }
    // Ten steps of four modules, six with stopping.
    #expect(count("probability") == 10 * 4 + 6 && count("path_probability") == 4)
    #expect(count("position") == 7 && rows.contains(["position", "a", "", "", "1", "3"]))
    #expect(count("module_overlap") == 7 && count("mask_overlap") == 0)
    #expect(rows.contains(["module_overlap", "c", "d", "", "", "1.0"]))
    #expect(rows.contains(["module_overlap", "", "", "", "", "0.0"]))
    #expect(count("component_1") == 4 && count("component_2") == 4)
    let svg = report.figure.svg
    #expect(svg.components(separatedBy: "<svg").count == 1 + 1 + 3)
    #expect(svg.contains(">a 1 → 1<") && svg.contains(">b 3 → stop<") && svg.contains(">1,3<"))
  }

  @Test func fixedPathsHaveNoProbabilities() throws {
    let report = try report(network(["a": [4, 4], "b": [4], "c": [4], "d": [2, 4, 1]]))
    #expect(report.tasks.map(\.path) == [[4, 4], [4], [4], [2, 4, 1]])
    #expect(report.used.map(\.depth) == [3, 1, 1.4])
    #expect(report.all.ratio == 1.0 / 3)
    #expect(report.text.hasPrefix("Paths of modules; of 4 modules 3 are used; paths are fixed\n"))
    #expect(!report.text.contains("robability") && !report.csv.contains("robability"))
    #expect(report.figure.svg.components(separatedBy: "<svg").count == 1 + 1 + 1)
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report))
    let object = try #require(json as? [String: Any])
    #expect(object["vectors"] is NSNull)
    let task = try #require((object["tasks"] as? [[String: Any]])?.first)
    #expect(task["probability"] is NSNull && task["steps"] is NSNull)
    #expect(task["path"] as? [Int] == [4, 4])
  }

  @Test func damagedControllersAreRefused() throws {
    let network = try network()
    let controller = try #require(network.parts.modules?.controller)
    for parameter in controller.parameters {
      parameter.set([Float](repeating: .nan, count: parameter.elementCount))
    }
    let found = failure { try report(network) }
    #expect(found?.kind == .badData && found?.message.contains("task a: ") == true)
  }
}
