import Basics
import Foundation
import Sharing
import Tensors

/// The way of a network's parameters through its training (Liu and Huang 2018, section 5.4.2), as
/// `trajectory.jsonl`: one JSON object an epoch, epoch 0 before the first step.
///
/// What is kept of the parameters v of a group, d numbers, is a sketch s with k numbers: sⱼ = Σᵢ σᵢ
/// vᵢ over the i with h(i) = j, for fixed random signs σ and places h (Charikar et al. 2002). It is
/// linear, and keeps products: E ⟨s, s′⟩ = ⟨v, v′⟩, with a variance of at most 2 ‖v‖² ‖v′‖² / k.
/// Groups with equally many parameters have the same signs and places, so that a shared and a
/// private encoder of one form can be compared; others stand at right angles, up to that variance.
package struct Trajectory {
  /// One epoch's sketches.
  package struct Point: Codable, Equatable {
    /// The epoch, 0 before the first step.
    package let epoch: Int
    /// Of the weight matrices that all tasks read; k numbers.
    package let shared: [Float]
    /// By task: of the weight matrices of encoders that only it reads, or of all that only it reads
    /// if it has none; k numbers each.
    package let tasks: [String: [Float]]

    package init(epoch: Int, shared: [Float], tasks: [String: [Float]]) {
      (self.epoch, self.shared, self.tasks) = (epoch, shared, tasks)
    }
  }

  private let path: String
  private let size: Int
  private let seed: UInt64

  /// The trajectory in the file `path`, of sketches of `size` numbers under `seed`.
  package init(_ path: String, size: Int, seed: UInt64) {
    self.path = path
    self.size = size
    self.seed = seed
  }

  /// Adds where `network` is after `epoch`.
  package func append(_ network: any SharingNetwork, epoch: Int) throws {
    guard isKept else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let line = try encoder.encode(point(network, epoch: epoch))
    try Files.append(String(decoding: line, as: UTF8.self), to: path)
  }

  /// Begins anew where `network` is, or goes on after `epoch` without a torn line and epochs past it.
  private var isKept: Bool { FileManager.default.fileExists(atPath: path) }

  package func begin(_ network: any SharingNetwork, afterEpoch epoch: Int) throws {
    // A training that began without one has none: it could not start at epoch 0.
    guard epoch == 0 || isKept else { return }
    let kept = epoch > 0 ? try Self.lines(path).filter { $0.point.epoch <= epoch } : []
    try Files.writeAtomically(Data(kept.map { $0.text + "\n" }.joined().utf8), to: path)
    if epoch == 0 { try append(network, epoch: 0) }
  }

  /// The epochs in the file `path`, in order; a torn last line is left out.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` naming a line that is
  ///   no point of a trajectory.
  package static func read(_ path: String) throws -> [Point] { try lines(path).map(\.point) }

  private static func lines(_ path: String) throws -> [(text: Substring, point: Point)] {
    let text = String(decoding: try Files.read(path, limit: 1 << 30), as: UTF8.self)
    let whole = text.lastIndex(of: "\n").map { text[..<$0] } ?? ""
    var first: Point?
    return try whole.split(separator: "\n").enumerated().map { index, line in
      let found = try? JSONDecoder().decode(Point.self, from: Data(line.utf8))
      let expected = first ?? found
      guard let found, let expected, found.isLike(expected) else {
        throw Failure(.badData, "\(path):\(index + 1): is no point of a trajectory")
      }
      first = expected
      return (line, found)
    }
  }

  private func point(_ network: any SharingNetwork, epoch: Int) -> Point {
    let read = network.tasks.indices.map {
      Set(network.parameters(of: $0).map(ObjectIdentifier.init))
    }
    func readers(_ parameter: Parameter) -> [Int] {
      read.indices.filter { read[$0].contains(ObjectIdentifier(parameter)) }
    }
    let encoders = network.parts.encoders
    var tasks: [String: [Float]] = [:]
    for (index, task) in network.tasks.enumerated() {
      let own = encoders.filter { readers($0) == [index] }
      tasks[task.name] = sketch(
        own.isEmpty ? network.parameters(of: index).filter { readers($0) == [index] } : own)
    }
    return Point(
      epoch: epoch, shared: sketch(encoders.filter { readers($0).count == read.count }),
      tasks: tasks)
  }

  private func sketch(_ parameters: [Parameter]) -> [Float] {
    let count = parameters.reduce(0) { $0 + $1.elementCount }
    var stream = RandomStream(seed: seed, "trajectory", "\(count)")
    var sums = [Double](repeating: 0, count: size)
    for parameter in parameters {
      for value in parameter.elements {
        let draw = stream.next()
        let place = Int((draw >> 1).multipliedFullWidth(by: UInt64(2 * size)).high)
        sums[place] += draw & 1 == 0 ? Double(value) : -Double(value)
      }
    }
    return sums.map { Float($0) }
  }
}

extension Trajectory.Point {
  /// Whether it has the same groups, and as many numbers of each, as `other`.
  fileprivate func isLike(_ other: Self) -> Bool {
    tasks.keys == other.tasks.keys && shared.count == other.shared.count
      && tasks.values.allSatisfy { $0.count == shared.count }
  }
}
