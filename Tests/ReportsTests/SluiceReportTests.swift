import Basics
import Reports
import TestSupport
import Testing

/// α and β as a weights file holds them.
@Suite struct SluiceReportTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func report(
    alpha: [[Float]], beta: [Float]?, tasks: [String], width: Int
  ) throws -> SluiceReport? {
    let path = scratch.path("weights.safetensors")
    var tensors = alpha.enumerated().map { layer, values in
      SafeTensors.Tensor("stitch.alpha_l\(layer)", shape: [width, width], floats: values)
    }
    for (index, task) in tasks.enumerated() where beta != nil {
      let own = Array(beta![index * alpha.count..<(index + 1) * alpha.count])
      tensors.append(.init("stitch.beta.\(task)", shape: [alpha.count], floats: own))
    }
    try SafeTensors.write(tensors, to: path)
    return try SluiceReport(SafeTensors(contentsOf: path), sharing: "sluice", tasks: tasks)
  }

  @Test func ratioIsOfTheFirstTasksSources() throws {
    // The main task takes 0.8 of itself and -0.2 of the other; then 0.5 and 0.5.
    let found = try report(
      alpha: [[0.8, -0.2, 9, 9], [0.5, 0.5, 9, 9]], beta: [0.1, 0.9, 0.2, 0.8],
      tasks: ["chunk", "pos"], width: 2)
    let report = try #require(found)
    #expect(abs(try #require(report.auxiliaryRatio) - (0.25 + 1) / 2) < 1e-6)
    #expect(report.text.contains("α of layer 2 of sluice") && report.text.contains("β"))
    #expect(report.figure.svg.components(separatedBy: "<svg").count == 1 + 1 + 3)
  }

  @Test func subspacesBelongToTheirTask() throws {
    var alpha = [Float](repeating: 0, count: 16)
    alpha.replaceSubrange(0..<8, with: [1, 3, 0.5, 0.5, 2, 2, 1.5, 1.5])
    let report = try #require(
      try report(alpha: [alpha], beta: nil, tasks: ["chunk", "pos"], width: 4))
    #expect(report.subspaces == 2 && report.auxiliaryRatio == 0.5)
    #expect(report.text.contains("target   chunk 1  chunk 2   pos 1   pos 2"))
  }

  @Test func othersHaveNone() throws {
    #expect(try report(alpha: [], beta: nil, tasks: ["chunk", "pos"], width: 2) == nil)
    let failure = failure {
      try report(
        alpha: [[Float](repeating: 1, count: 9)], beta: nil, tasks: ["chunk", "pos"], width: 3)
    }
    #expect(failure?.kind == .badData)
    #expect(failure?.message.contains("stitch.alpha_l0 has shape [3, 3]") == true)
  }
}
