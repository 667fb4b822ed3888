import Basics
import Batches
import Layers
import Sharing
import Tensors
import Testing

/// A shared and a private encoder, side by side or one on the other, against what they are made of.
@Suite struct SharedPrivateTests {
  private static let names = ["shared-private", "stacked"]

  private func shape(_ layers: Int, pooling: TextPooling = .mean) -> NetworkShape {
    var shape = Small.shape(layers: layers, isFull: false)
    shape.pooling = pooling
    return shape
  }

  private func output(_ network: any SharingNetwork, _ task: Int) -> TaskOutput {
    network.output(
      of: task, Small.batch(for: network.tasks[task]), draws: nil, on: Tape(isRecording: false))
  }

  /// Heads that see nothing of the private half score as hard sharing does.
  @Test(arguments: [1, 2, 3]) func withoutThePrivateHalfIsHard(layers: Int) throws {
    let hard = try Small.network("hard", shape(layers), Small.tasks(2))
    let network = try Small.network("shared-private", shape(layers), Small.tasks(2))
    for task in hard.tasks.indices {
      let name = "heads.t\(task).weight"
      let narrow = hard.parameter(name)
      var wide: [Float] = []
      for row in 0..<narrow.shape[0] {
        wide += narrow.values[row * 8..<row * 8 + 8]
        wide += [Float](repeating: 0, count: 8)
      }
      network.parameter(name).set(wide)
      let (a, b) = (output(network, task), output(hard, task))
      #expect(a.scores.value.values == b.scores.value.values)
      #expect(a.states?.shared.value.values == b.states?.shared.value.values)
    }
  }

  /// The states side by side, and the private encoder over the shared one's, by hand.
  @Test(arguments: names, [1, 2]) func byHand(name: String, layers: Int) throws {
    let network = try Small.network(name, shape(layers), Small.tasks(2))
    let hard = try Small.network("hard", shape(layers), Small.tasks(2))
    hard.copy(from: network) { $0.hasPrefix("heads.") ? "" : $0 }
    let single = try Small.network("hard", shape(layers), Small.tasks(2))
    for task in network.tasks.indices {
      let found = output(network, task)
      let states = try #require(found.states)
      let (shared, own) = (states.shared.value, try #require(states.private).value)
      let expected = try #require(output(hard, task).states).shared
      #expect(shared.values == expected.value.values)
      let tape = Tape(isRecording: false)
      let packing = Small.batch(for: network.tasks[task]).packing
      if name == "stacked" {
        let lstm = BiLSTM("lstm.t\(task)", inputs: 8, hidden: 4, layers: layers, seed: nil)
        for parameter in lstm.parameters {
          parameter.set(Array(network.parameter(parameter.name).values))
        }
        #expect(own.values == lstm(expected, packing: packing, on: tape).value.values)
      } else {
        // A network that has the private encoder as its only one.
        single.copy(from: network) {
          $0.hasPrefix("lstm.") ? "lstm.t\(task)\($0.dropFirst(4))" : $0.hasPrefix("h") ? "" : $0
        }
        #expect(own.values == output(single, task).states?.shared.value.values)
      }
      let read = name == "stacked" ? [own] : [shared, own]
      var rows: [Float] = []
      for row in 0..<8 {
        for states in read { rows += states.values[row * 8..<row * 8 + 8] }
      }
      let width = 8 * read.count
      let head = Linear("heads.t\(task)", inputs: width, outputs: 3 + task, seed: nil)
      for parameter in [head.weight, head.bias] {
        parameter.set(Array(network.parameter(parameter.name).values))
      }
      let scores = head(
        tape.variable(Tensor([8, width], rows, in: tape.workspace)), on: tape)
      #expect(found.scores.value.values == scores.value.values)
    }
  }

  /// Where either direction of either encoder ends.
  @Test(arguments: names) func lastStates(name: String) throws {
    let tasks = [TaskShape(name: "topic", classes: 3, level: .text), Small.tasks(1)[0]]
    let network = try Small.network(name, shape(1, pooling: .last), tasks)
    let found = output(network, 0)
    let states = try #require(found.states)
    let read =
      name == "stacked"
      ? [states.private!.value] : [states.shared.value, states.private!.value]
    let packing = Small.batch(for: tasks[0]).packing
    var vectors: [Float] = []
    for sentence in 0..<3 {
      let rows = packing.rows(of: sentence)
      for states in read {
        vectors += states.values[rows.last! * 8..<rows.last! * 8 + 4]
        vectors += states.values[rows[0] * 8 + 4..<rows[0] * 8 + 8]
      }
    }
    let tape = Tape(isRecording: false)
    let head = Linear("heads.topic", inputs: 8 * read.count, outputs: 3, seed: nil)
    for parameter in [head.weight, head.bias] {
      parameter.set(Array(network.parameter(parameter.name).values))
    }
    let input = Tensor([3, 8 * read.count], vectors, in: tape.workspace)
    #expect(
      found.scores.value.values == head(tape.variable(input), on: tape).value.values)
  }

  /// The shared encoder is that of hard sharing, from its start on, and all that may be pruned.
  @Test(arguments: names) func whatIsShared(name: String) throws {
    let network = try Small.network(name, shape(2), Small.tasks(2))
    let hard = try Small.network("hard", shape(2), Small.tasks(2))
    #expect(network.prunable.map(\.name) == hard.prunable.map(\.name))
    for parameter in hard.parameters where !parameter.name.hasPrefix("heads.") {
      #expect(Array(network.parameter(parameter.name).values) == Array(parameter.values))
    }
    for task in 0..<2 {
      let read = network.parameters(of: task).map(\.name)
      #expect(read.contains { $0.hasPrefix("lstm.t\(task).") && $0.hasSuffix("_l1_reverse") })
      #expect(!read.contains { $0.contains(".t\(1 - task).") })
    }
    let encoders = Set(network.parts.encoders.map(\.name))
    #expect(encoders.count == 3 * hard.parts.encoders.count)
    #expect(encoders.isSuperset(of: hard.parts.encoders.map(\.name)))
  }

  /// What the registry says of an architecture's states is what its networks give.
  @Test(arguments: Architecture.all.filter { !$0.needsTickets && !$0.trainsTasksAlone }.map(\.name))
  func registry(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    let network = try Small.network(name, Small.shape(layers: 2), Small.tasks(2))
    for task in 0..<2 {
      for one in [network, OneTask(task, of: network)] as [any SharingNetwork] {
        let states = output(one, one.tasks.count == 1 ? 0 : task).states
        #expect((states != nil) == architecture.hasSharedStates)
        #expect((states?.private != nil) == architecture.hasPrivateStates)
        #expect(states.map { $0.shared.value.shape == [8, 8] } ?? true)
        #expect(states?.private.map { $0.value.shape == [8, 8] } ?? true)
      }
    }
  }

  /// In hierarchical sharing those of the deepest layer that every task passes.
  @Test func hierarchicalStates() throws {
    let network = try Small.network("hierarchical", shape(3), Small.tasks(2)) {
      $0.depths = ["t0": 3, "t1": 2]
    }
    let two = try Small.network("hard", shape(2), Small.tasks(2))
    two.copy(from: network)
    for task in 0..<2 {
      #expect(
        output(network, task).states?.shared.value.values
          == output(two, task).states?.shared.value.values)
    }
  }
}
