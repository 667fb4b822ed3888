import Basics
import Batches
import Foundation
import Masks
import Pruning
import Sharing
import Tensors
import Testing
import Training

/// A network and batches of which PyTorch knows what criteria make (Fixtures/make_criteria.py).
private struct GoldenCriteria {
  let file: SafeTensors
  let network: HardSharing
  let theta0: Weights
  let masks: MaskSet
  let kept: Int
  private let numbers: [Float]

  init(isMasked: Bool) throws {
    let url = Bundle.module.url(
      forResource: "criteria", withExtension: "safetensors", subdirectory: "Fixtures")
    let file = try SafeTensors(contentsOf: #require(url).path)
    func shape(_ name: String) throws -> [Int] { try #require(file.entry("initial.\(name)")).shape }
    var sizes = NetworkShape(
      words: try shape("words.weight")[0], characters: try shape("characters.weight")[0])
    sizes.wordDimension = try shape("words.weight")[1]
    sizes.characterDimension = try shape("characters.weight")[1]
    sizes.characterFilters = try shape("conv.weight")[0]
    sizes.hidden = try shape("lstm.weight_hh_l0")[1]
    sizes.dropout = 0
    sizes.wordDropout = 0
    let network = HardSharing(
      sizes, tasks: [TaskShape(name: "pos", classes: try shape("heads.pos.bias")[0])], seed: 1)
    for parameter in network.parameters {
      try file.copyFloats(of: "initial.\(parameter.name)", into: parameter.values)
    }
    self.file = file
    self.network = network
    theta0 = Weights(of: network.parameters)
    masks =
      isMasked
      ? MaskSet(
        try network.prunable.map {
          let bits = try file.floats("mask.\($0.name)").map { $0 == 1 }
          return .init(name: $0.name, shape: $0.shape, mask: BitMask(bits))
        }) : network.allAlive
    numbers = try file.floats("settings")
    kept = Int(numbers[3])
  }

  func batch(_ step: Int) throws -> Batch {
    func integers(_ part: String) throws -> [Int32] {
      try file.floats("step\(step).\(part)").map { Int32($0) }
    }
    let sizes = try integers("step_sizes").map(Int.init)
    return Batch(
      sentences: Array(0..<sizes[0]), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: try integers("words"), forms: try integers("forms"),
        formStarts: try integers("form_starts"), characters: try integers("characters")),
      labels: try integers("labels"))
  }

  /// What a round of pruning by `criterion` makes of the weights: the loop itself, its training
  /// the fixture's steps by the method that training would take.
  func worth(_ criterion: Criterion, _ execution: MaskedExecution) throws -> Saliency {
    let settings = pruningSettings { $0.criterion = criterion }
    let work = IterativePruning.Work(
      train: { _, subnet in
        let method = StepSettings().method(for: subnet, optimizer: SGD(momentum: numbers[1]))
        for step in 0..<6 {
          _ = try method.step(
            StepContext(
              subnet, task: 0, batch: batch(step), rate: numbers[0],
              clipping: Clipping(.norm, limit: numbers[2]), draws: nil, threads: 1 + step % 2))
        }
        method.settle()
        return (1, 0.5)
      },
      measure: { _, subnet in
        var seen = 0
        let saliency = try Saliency(
          measuring: criterion, of: subnet, on: (0..<4).map(batch), threads: { 2 },
          onBatch: { _ in seen += 1 })
        #expect(seen == (criterion == .grasp ? 12 : 4))
        return saliency
      })
    let done = try IterativePruning(
      network, from: theta0, source: "θ⁰", settings: settings, seed: 1, execution: execution,
      work: work
    ).round(0, (masks, nil), keeping: kept, RoundMemory().store)
    return try #require(done.saliency)
  }
}

/// Criteria against PyTorch in double precision.
@Suite struct GoldenCriteriaTests {
  /// Whether there is a mask, and how it is executed.
  struct Setting: CustomTestStringConvertible {
    let isMasked: Bool, execution: MaskedExecution
    var testDescription: String { "\(isMasked ? "masked" : "whole") \(execution.rawValue)" }
    var prefix: String { isMasked ? "masked-" : "" }
  }

  static let settings = [
    Setting(isMasked: false, execution: .auto), Setting(isMasked: true, execution: .dense),
    Setting(isMasked: true, execution: .sparse),
  ]

  /// Compares scores of alive weights with those called `name` to `tolerance` of the largest, and
  /// the masks of the `count` best, but for scores so near the threshold that the tolerance decides
  /// on them.
  private func expect(
    _ saliency: Saliency, _ file: SafeTensors, _ name: String, tolerance: Float,
    keeping count: Int? = nil, of masks: MaskSet
  ) throws {
    let expected = try masks.entries.map { try file.floats("\(name).\($0.name)") }
    #expect(saliency.values.map(\.count) == expected.map(\.count))
    let largest = expected.joined().map(\.magnitude).max()!
    #expect(largest > 0)
    let slack = tolerance * largest
    for (index, entry) in masks.entries.enumerated() {
      let worst = entry.mask.aliveIndices
        .map { abs(saliency.values[index][$0] - expected[index][$0]) }.max()!
      #expect(worst <= slack, "\(name) \(entry.name): \(worst / largest)")
    }
    guard let count else { return }
    let kept = try Pruner.keep(count, of: saliency, masks: masks, scope: .global)
    let worth = { (score: Float) in saliency.order == .value ? score : score.magnitude }
    let wanted = try masks.entries.map { try file.floats("\(name).kept.\($0.name)") }
    let threshold = zip(wanted.joined(), expected.joined()).filter { $0.0 == 1 }
      .map { worth($0.1) }.min()!
    var near = 0
    for (index, entry) in kept.entries.enumerated() {
      for i in 0..<entry.mask.count where masks.entries[index].mask[i] {
        if abs(worth(expected[index][i]) - threshold) <= 2 * slack {
          near += 1
        } else {
          #expect(entry.mask[i] == (wanted[index][i] == 1), "\(name) \(entry.name)[\(i)]")
        }
      }
    }
    // Otherwise the tolerance leaves nothing to compare.
    #expect(near < count / 4, "\(name): \(near) weights near the threshold")
  }

  @Test(arguments: [(Criterion.snip, 1e-5), (.grasp, 1e-3)] as [(Criterion, Float)], settings)
  func measured(_ criterion: (Criterion, Float), setting: Setting) throws {
    let golden = try GoldenCriteria(isMasked: setting.isMasked)
    let found = try golden.worth(criterion.0, setting.execution)
    try expect(
      found, golden.file, setting.prefix + criterion.0.rawValue, tolerance: criterion.1,
      keeping: golden.kept, of: golden.masks)
  }

  @Test(arguments: [Criterion.movement, .change, .scores], settings)
  func trained(criterion: Criterion, setting: Setting) throws {
    let golden = try GoldenCriteria(isMasked: setting.isMasked)
    let found = try golden.worth(criterion, setting.execution)
    try expect(
      found, golden.file, setting.prefix + criterion.rawValue, tolerance: 1e-4,
      keeping: golden.kept, of: golden.masks)
    guard criterion == .scores else { return }
    for parameter in golden.network.parameters {
      if golden.masks[parameter.name] == nil {
        let expected = try golden.file.floats(
          "\(setting.prefix)scores.others.\(parameter.name)")
        let worst = zip(parameter.elements, expected).map { abs($0 - $1) }.max()!
        #expect(worst < 1e-4, "\(parameter.name): \(worst)")
      } else {
        // What has a score stays where it was.
        let mask = golden.masks[parameter.name]!
        let start = golden.theta0[parameter.name]!.enumerated().map { mask[$0] ? $1 : 0 }
        #expect(parameter.elements == start)
      }
    }
  }

  /// SynFlow of a ReLU network over vectors, which keeps its weights to the bit.
  @Test(arguments: settings) func synflow(setting: Setting) throws {
    let file = try GoldenCriteria(isMasked: false).file
    var sizes = NetworkShape(words: 0, characters: 0)
    sizes.rows = .vectors
    sizes.featureDimension = 5
    sizes.hidden = 6
    sizes.layers = 2
    let network = HardSharing(
      sizes, tasks: [TaskShape(name: "digit", classes: 4, level: .vector)], seed: 1)
    for parameter in network.parameters {
      try file.copyFloats(of: "synflow.initial.\(parameter.name)", into: parameter.values)
    }
    let masks =
      setting.isMasked
      ? MaskSet(
        try network.prunable.map {
          let bits = try file.floats("synflow.mask.\($0.name)").map { $0 == 1 }
          return .init(name: $0.name, shape: $0.shape, mask: BitMask(bits))
        }) : network.allAlive
    let before = Weights(of: network.parameters).bits
    // Its kind counts, not what it holds.
    let batch = Batch(
      sentences: [0, 1], packing: Packing(stepSizes: [2]),
      inputs: Inputs(features: (0..<10).map { Float($0) - 4 }))
    let subnet = try SparseSharing(network, masks: [masks], execution: setting.execution)
    let found = try Saliency(
      measuring: .synflow, of: subnet, on: [batch], threads: { 1 },
      onBatch: { _ in Issue.record("it needs no data") })
    #expect(Weights(of: network.parameters).bits == before)
    #expect(network.parameters.allSatisfy { !$0.hasGradient })
    try expect(
      found, file, setting.prefix + "synflow", tolerance: 1e-6, of: masks)
  }
}
