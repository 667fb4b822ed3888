import Basics
import Batches
import Layers
import Masks
import Sharing
import Tensors
import Testing

@Suite struct NetworkTests {
  private func shape(layers: Int, filters: Int = 3) -> NetworkShape {
    var shape = NetworkShape(words: 9, characters: 7)
    shape.wordDimension = 4
    shape.characterDimension = 3
    shape.characterFilters = filters
    shape.hidden = 3
    shape.layers = layers
    shape.dropout = 0.3
    shape.wordDropout = 0.2
    return shape
  }

  private func batch(classes: Int) -> Batch {
    var stream = RandomStream(seed: 2, "batch")
    func ids(_ count: Int, _ limit: Int) -> [Int32] {
      (0..<count).map { _ in Int32(stream.below(limit)) }
    }
    return Batch(
      sentences: [0, 1, 2], packing: Packing(stepSizes: [3, 2, 2, 1]),
      inputs: Inputs(
        words: ids(8, 9), forms: ids(8, 3), formStarts: [0, 2, 3, 7], characters: ids(7, 7)),
      labels: ids(8, classes))
  }

  /// Gradients through whole networks by central differences, with dropout and masks.
  @Test(arguments: [1, 2, 3], [1, 2, 3]) func gradients(layers: Int, tasks: Int) throws {
    for filters in [0, 3] {
      let shapes = (0..<tasks).map {
        TaskShape(name: "t\($0)", classes: 3 + $0, head: $0 % 2 == 0 ? .softmax : .crf)
      }
      let base = HardSharing(shape(layers: layers, filters: filters), tasks: shapes, seed: 1)
      let masks = shapes.map { task in
        MaskSet(
          base.prunable.map { parameter in
            var stream = RandomStream(seed: 3, task.name, parameter.name)
            var mask = BitMask(repeating: false, count: parameter.count)
            for i in 0..<parameter.count { mask[i] = stream.uniform() < 0.6 }
            return .init(name: parameter.name, shape: parameter.shape, mask: mask)
          })
      }
      for task in 0..<tasks { check(base, task, batch(classes: 3 + task)) }
      for execution in MaskedExecution.allCases {
        let sparse = try SparseSharing(base, masks: masks, execution: execution)
        for task in 0..<tasks { check(sparse, task, batch(classes: 3 + task)) }
      }
    }
  }

  private func check(_ network: any SharingNetwork, _ task: Int, _ batch: Batch) {
    network.activate(task: task)
    let draws = StepDraws(seed: 5, ["step"])
    func loss(_ tape: Tape) -> Variable {
      let scores = network.output(of: task, batch, draws: draws, on: tape).scores
      return network.head(of: task).loss(scores, batch: batch, on: tape)
    }
    let tape = Tape()
    tape.backward(from: loss(tape))
    var stream = RandomStream(seed: 6, "which")
    for parameter in network.parameters(of: task) {
      #expect(parameter.hasGradient)
      for _ in 0..<3 {
        let i = stream.below(parameter.count)
        guard parameter.alive?.storedMask?[i] ?? true else { continue }
        let old = parameter.values[i]
        let step: Float = 5e-3
        func value(_ x: Float) -> Double {
          parameter.values[i] = x
          return Double(loss(Tape()).value.pointer[0])
        }
        let slope = Float((value(old + step) - value(old - step)) / Double(2 * step))
        parameter.values[i] = old
        #expect(abs(slope - parameter.gradient[i]) < 2e-3, "\(parameter.name)[\(i)]")
      }
      parameter.clearGradient()
    }
    for parameter in network.parameters { parameter.alive = nil }
  }

  @Test func namesAndShapesArePyTorchs() {
    let network = HardSharing(
      NetworkShape(words: 50, characters: 20), tasks: [TaskShape(name: "ner", classes: 9)], seed: 1)
    let shapes = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.shape) })
    #expect(shapes["words.weight"] == [50, 100])
    #expect(shapes["characters.weight"] == [20, 30])
    #expect(shapes["conv.weight"] == [30, 30, 3])
    #expect(shapes["lstm.weight_ih_l0_reverse"] == [800, 130])
    #expect(shapes["lstm.weight_hh_l1"] == [800, 200])
    #expect(shapes["lstm.weight_ih_l1"] == [800, 400])
    #expect(shapes["lstm.bias_hh_l1_reverse"] == [800])
    #expect(shapes["heads.ner.weight"] == [9, 400])
    let prunable = network.prunable.reduce(0) { $0 + $1.count }
    #expect(prunable == 30 * 30 * 3 + 2 * (800 * 130 + 800 * 200 + 800 * 400 + 800 * 200))
  }

  /// A parameter's start depends on its name and the seed, not on the tasks around it.
  @Test func initialisationIsByName() throws {
    let tasks = [TaskShape(name: "a", classes: 3), TaskShape(name: "b", classes: 4)]
    let both = HardSharing(shape(layers: 1), tasks: tasks, seed: 1)
    let alone = HardSharing(shape(layers: 1), tasks: [tasks[1]], seed: 1)
    for parameter in alone.parameters {
      let same = try #require(both.parameters.first { $0.name == parameter.name })
      #expect(Array(same.values) == Array(parameter.values))
    }
    let bound = 1 / Float(3).squareRoot()
    let lstm = both.parameters.filter { $0.name.hasPrefix("lstm.") }
    #expect(lstm.allSatisfy { $0.values.allSatisfy { abs($0) <= bound } })
  }

  @Test func ticketOfAnotherNetworkIsRefused() {
    let network = HardSharing(
      shape(layers: 1), tasks: [TaskShape(name: "a", classes: 3)], seed: 1)
    let other = HardSharing(
      shape(layers: 2), tasks: [TaskShape(name: "a", classes: 3)], seed: 1)
    let error = #expect(throws: Failure.self) {
      _ = try SparseSharing(network, masks: [other.allAlive])
    }
    #expect(error?.message.contains("lstm.weight_ih_l1") == true)
  }
}
