import Basics
import Foundation
import Runs
import Sharing
import TestSupport
import Testing

/// What is kept of the way that parameters take through training.
@Suite struct TrajectoryTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.path("trajectory.jsonl")
  }

  private func network(seed: UInt64 = 1) -> HardSharing {
    var shape = NetworkShape(words: 3, characters: 3)
    (shape.hidden, shape.layers) = (20, 1)
    return HardSharing(
      shape, tasks: ["pos", "ner"].map { TaskShape(name: $0, classes: 5) }, seed: seed)
  }

  private func point(_ network: HardSharing, size: Int = 64) throws -> Trajectory.Point {
    try Trajectory(path, size: size, seed: 1).begin(network, afterEpoch: 0)
    return try #require(Trajectory.read(path).first)
  }

  /// A change of a parameter shows in the group that it belongs to, and in no other.
  @Test func groupsAreWhatTasksReadTogetherAndAlone() throws {
    let start = try point(network())
    #expect(start.epoch == 0 && start.shared.count == 64 && start.tasks.count == 2)
    func changed(_ name: String) throws -> Trajectory.Point {
      let network = network()
      let parameter = try #require(network.parameters.first { $0.name == name })
      parameter.set(parameter.elements.map { $0 + 1 })
      return try point(network)
    }
    let shared = try changed("lstm.weight_ih_l0")
    #expect(shared.shared != start.shared && shared.tasks == start.tasks)
    let own = try changed("heads.pos.weight")
    #expect(own.shared == start.shared && own.tasks["ner"] == start.tasks["ner"])
    #expect(own.tasks["pos"] != start.tasks["pos"])
    #expect(try changed("words.weight") == start)
  }

  /// Distances in the sketch are those of the weights, up to what its size allows.
  @Test func distancesAreKept() throws {
    let (a, b) = (network(seed: 1), network(seed: 2))
    let (x, y) = (try point(a, size: 4096).shared, try point(b, size: 4096).shared)
    let weights = zip(a.parts.encoders, b.parts.encoders).flatMap { zip($0.elements, $1.elements) }
    let exact = weights.reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
    let found = zip(x, y).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
    #expect(abs(found / exact - 1) < 0.1, "\(found) for \(exact)")
    // Of one number only the signs are left.
    let sum = try point(a, size: 1).shared
    #expect(sum.count == 1 && abs(sum[0]) < 3 * Float(weights.count).squareRoot())
  }

  @Test func groupsOfOneSizeHaveTheSamePlaces() throws {
    let network = network()
    for name in ["weight", "bias"] {
      let heads = network.parameters.filter {
        $0.name.hasSuffix(".\(name)") && $0.name.hasPrefix("heads")
      }
      #expect(heads.count == 2)
      heads[1].set(heads[0].elements)
    }
    let point = try point(network)
    #expect(point.tasks["pos"] == point.tasks["ner"])
  }

  @Test func goesOnAfterTheEpochOfACheckpoint() throws {
    let trajectory = Trajectory(path, size: 8, seed: 1)
    try trajectory.begin(network(), afterEpoch: 0)
    for epoch in 1...3 { try trajectory.append(network(seed: UInt64(epoch)), epoch: epoch) }
    let whole = try Trajectory.read(path)
    #expect(whole.map(\.epoch) == [0, 1, 2, 3])
    // A kill leaves a torn line.
    let text = try scratch.text("trajectory.jsonl")
    try scratch.file("trajectory.jsonl", String(text.dropLast(9)))
    #expect(try Trajectory.read(path) == Array(whole.prefix(3)))
    try trajectory.begin(network(), afterEpoch: 1)
    #expect(try Trajectory.read(path) == Array(whole.prefix(2)))
    try trajectory.begin(network(), afterEpoch: 0)
    #expect(try Trajectory.read(path).map(\.epoch) == [0])
  }

  @Test(arguments: [
    "{", "[]", #"{"epoch":1,"shared":[1],"tasks":{"pos":[1,2]}}"#,
    #"{"epoch":1,"shared":[1],"tasks":{"ner":[1]}}"#,
    #"{"epoch":1,"shared":[1,2],"tasks":{"pos":[1,2]}}"#,
  ]) func otherLinesAreNamed(line: String) throws {
    try scratch.file(
      "trajectory.jsonl", #"{"epoch":0,"shared":[1],"tasks":{"pos":[1]}}"# + "\n\(line)\n")
    let found = failure { try Trajectory.read(path) }
    #expect(found?.kind == .badData)
    #expect(found?.message == "\(path):2: is no point of a trajectory")
  }
}
