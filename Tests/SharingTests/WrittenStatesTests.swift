import Basics
import Batches
import Layers
import Sharing
import Tensors
import Testing

/// Losses on shared and private states: the adversary and orthogonality.
@Suite struct WrittenStatesTests {
  private static let names = Architecture.all.filter { $0.hasSharedStates }.map(\.name)

  /// Tasks of tokens and of texts whose own losses count for nothing.
  private static let silent = [
    TaskShape(name: "t0", classes: 3, lossWeight: 0),
    TaskShape(name: "t1", classes: 2, lossWeight: 0, level: .text),
    TaskShape(name: "t2", classes: 4, head: .crf, lossWeight: 0),
  ]

  private func written(
    _ name: String, adversary: Float = 0, orthogonality: Float = 0, layers: Int = 2,
    pooling: TextPooling = .mean, tasks: [TaskShape] = silent
  ) throws -> (bare: any SharingNetwork, written: WrittenStates) {
    var shape = Small.shape(layers: layers)
    shape.pooling = pooling
    shape.headHidden = 0
    let bare = try Small.network(name, shape, tasks)
    var settings = WritingSettings()
    settings.adversary = adversary
    settings.orthogonality = orthogonality
    return (bare, WrittenStates(bare, shape, settings, seed: 1))
  }

  private func isOwn(_ parameter: Parameter) -> Bool { parameter.name.hasPrefix("adversary.") }

  /// The discriminator goes down its loss, what is below goes up, whatever the pooling.
  @Test(arguments: names, TextPooling.allCases) func adversaryGradients(
    name: String, pooling: TextPooling
  ) throws {
    let network = try written(name, adversary: 0.7, pooling: pooling).written
    for task in 0..<3 {
      ObjectiveSlopes(network: network, sign: { isOwn($0) ? 1 : -1 }).check(task)
      #expect(Step(network, task).penalty > 0)
    }
  }

  @Test(arguments: ["shared-private", "stacked"], TextPooling.allCases)
  func orthogonalityGradients(name: String, pooling: TextPooling) throws {
    let network = try written(name, orthogonality: 3, pooling: pooling).written
    #expect(network.parameters.allSatisfy { !isOwn($0) })
    for task in 0..<3 {
      ObjectiveSlopes(network: network).check(task)
      #expect(Step(network, task).penalty > 0)
    }
  }

  /// Below the adversary stands exactly the negative of the gradient of the same discriminator
  /// without reversal; the discriminator's own is the same.
  @Test(arguments: names, [Float(1), 0.3]) func reversal(name: String, weight: Float) throws {
    let (bare, network) = try written(name, adversary: weight)
    for task in 0..<3 {
      let batch = Small.batch(for: bare.tasks[task])
      let draws = StepDraws(seed: 5, ["step"])
      let tape = Tape()
      let output = network.output(of: task, batch, draws: draws, on: tape)
      #expect(output.losses.map(\.name) == ["adversary"])
      tape.backward(from: output.losses[0].value)
      let reversed = gradients(network)

      let straight = Tape()
      let states = try #require(
        bare.output(of: task, batch, draws: draws, on: straight).states
      ).shared
      let vectors = TextPooling.mean(states, packing: batch.packing, hidden: 4, on: straight)
      let discriminator = Linear("adversary", inputs: 8, outputs: 3, seed: 1)
      let labelled = Batch(
        sentences: batch.sentences, packing: batch.packing, inputs: batch.inputs,
        labels: [Int32](repeating: Int32(task), count: 3))
      let loss = SoftmaxHead().loss(
        discriminator(vectors, on: straight), batch: labelled, on: straight)
      #expect(output.losses[0].value.value.values == [weight * loss.value.values[0]])
      straight.backward(from: loss, seed: weight)
      let plain = gradients(bare)
      #expect(plain.count > 4 && Set(reversed.keys).count == plain.count + 2)
      for (name, gradient) in plain { #expect(reversed[name] == gradient.map { -$0 }, "\(name)") }
      #expect(reversed["adversary.weight"] == Array(discriminator.weight.gradient))
      #expect(reversed["adversary.bias"] == Array(discriminator.bias.gradient))
    }
  }

  private func gradients(_ network: any SharingNetwork) -> [String: [Float]] {
    defer { for parameter in network.parameters { parameter.clearGradient() } }
    return Dictionary(
      uniqueKeysWithValues: network.parameters.filter(\.hasGradient).map {
        ($0.name, Array($0.gradient))
      })
  }

  /// Both losses are added to the task's own gradient, and change no score.
  @Test(arguments: ["shared-private", "stacked"]) func besideTheTasks(name: String) throws {
    let (bare, network) = try written(
      name, adversary: 0.5, orthogonality: 0.25, tasks: Small.tasks(3))
    let adversary = try written(name, adversary: 0.5, tasks: Small.tasks(3)).written
    let penalty = try written(name, orthogonality: 0.25, tasks: Small.tasks(3)).written
    for task in 0..<3 {
      let all = Step(network, task)
      let parts = [Step(bare, task), Step(adversary, task), Step(penalty, task)]
      #expect(parts.allSatisfy { $0.scores == all.scores })
      #expect(abs(all.penalty - parts[1].penalty - parts[2].penalty) < 1e-6)
      for (name, gradient) in all.gradients where name.hasPrefix("lstm.") {
        let zero = [Float](repeating: 0, count: gradient.count)
        let own = parts.map { $0.gradients[name] ?? zero }
        for i in gradient.indices {
          let sum = own[1][i] + own[2][i] - own[0][i]
          #expect(abs(gradient[i] - sum) < 1e-5 * max(1, abs(sum)), "\(name)[\(i)]")
        }
      }
    }
  }

  /// How many sentences the discriminator knows for their task's is reported.
  @Test func accuracy() throws {
    let network = try written("hard", adversary: 0.1).written
    network.parameter("adversary.weight").set([Float](repeating: 0, count: 24))
    network.parameter("adversary.bias").set([0, 1, 0])
    for task in 0..<3 {
      let found = network.output(
        of: task, Small.batch(for: network.tasks[task]), draws: nil, on: Tape())
      #expect(found.observations.map(\.name) == ["adversary_accuracy"])
      #expect(found.observations.map(\.value) == [task == 1 ? 1 : 0])
    }
    // The first unit of the first sentence's vector decides for that sentence alone.
    let batch = Small.batch(for: network.tasks[0])
    let states = network.output(of: 0, batch, draws: nil, on: Tape()).states!.shared
    let vectors = TextPooling.mean(
      states, packing: batch.packing, hidden: 4, on: Tape(isRecording: false)
    ).value.values
    let firsts = [vectors[0], vectors[8], vectors[16]].sorted()
    let threshold = (firsts[1] + firsts[2]) / 2
    network.parameter("adversary.weight").set([1] + [Float](repeating: 0, count: 23))
    network.parameter("adversary.bias").set([-threshold, 0, -9])
    let found = network.output(of: 0, batch, draws: nil, on: Tape())
    #expect(found.observations.map(\.value) == [1.0 / 3])
  }

  /// In evaluation there is neither loss nor observation.
  @Test func evaluation() throws {
    let (bare, network) = try written("shared-private", adversary: 1, orthogonality: 1)
    let batch = Small.batch(for: bare.tasks[0])
    let outputs = [bare, network].map {
      $0.output(of: 0, batch, draws: nil, on: Tape(isRecording: false))
    }
    #expect(outputs[0].scores.value.values == outputs[1].scores.value.values)
    #expect(outputs[1].losses.isEmpty && outputs[1].observations.isEmpty)
  }

  @Test func threads() throws {
    let network = try written("stacked", adversary: 1, orthogonality: 1).written
    let (one, two) = (Step(network, 1), Step(network, 1, threads: 2))
    #expect(one.objective == two.objective && one.gradients == two.gradients)
  }

  /// What an architecture has no states for is said in one line.
  @Test(arguments: Architecture.all.filter { !$0.needsTickets && !$0.trainsTasksAlone }.map(\.name))
  func refusals(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    func message(_ tasks: Int, _ change: (inout WritingSettings) -> Void) -> String? {
      var settings = WritingSettings()
      change(&settings)
      do {
        try settings.check(architecture, tasks: Small.tasks(tasks))
        return nil
      } catch {
        return (error as? Failure)?.message
      }
    }
    let adversary = message(2) { $0.adversary = 0.1 }
    #expect(
      adversary
        == (architecture.hasSharedStates
          ? nil
          : "adversary 0.1: \(name) has no states that all tasks read as they are; "
            + "leave out one of them"))
    let orthogonality = message(2) { $0.orthogonality = 0.5 }
    #expect(
      orthogonality
        == (["shared-private", "stacked"].contains(name)
          ? nil
          : "orthogonal-states 0.5: \(name) has no private states beside shared ones; "
            + "leave out one of them"))
    if architecture.hasSharedStates {
      #expect(
        message(1) { $0.adversary = 2 }
          == "adversary 2.0: needs two tasks or more to be told apart; there is only t0")
    }
    #expect(message(1) { _ in } == nil)
  }
}
