import Basics
import Tensors

/// A checkpoint that has been checked whole: what it says of the loop fits the settings, and every
/// tensor is there with its shape and numbers that can be.
struct Checkpoint {
  let file: SafeTensors
  let epoch: Int
  let bestEpoch: Int
  let bestScores: [Double]

  /// Checks `file`, a checkpoint of a training of `tasks` tasks for up to `epochs` epochs.
  ///
  /// - Throws: `Failure` of kind `badData` naming what is wrong.
  init(
    _ file: SafeTensors, epochs: Int, tasks: Int, parameters: [Parameter],
    state: [[StateTensor]]
  ) throws {
    self.file = file
    epoch = try file.number("epoch", in: 0...epochs)
    bestEpoch = try file.number("best epoch", in: min(epoch, 1)...epoch)
    bestScores = (file.metadata["best scores"] ?? "").split(separator: " ")
      .map { UInt64($0).map { Double(bitPattern: $0) } ?? .nan }
    guard bestScores.count == (bestEpoch > 0 ? tasks : 0),
      bestScores.allSatisfy((-1...1).contains)
    else {
      throw Failure(
        .badData,
        "\(file.path): its 'best scores' are not one score from -1 to 1 for each of \(tasks) tasks")
    }
    var names: Set<String> = []
    for prefix in prefixes {
      for parameter in parameters {
        let name = prefix + parameter.name
        try parameter.requireShape(file.entry(name)?.shape, in: file.path, as: name)
        _ = try file.finiteFloats(name)
        names.insert(name)
      }
    }
    try file.requireState(state, besides: names)
  }

  /// What stands before the names of weights: the best epoch's, if there is one, and the last one's.
  var prefixes: [String] { bestEpoch > 0 ? ["best.", "now."] : ["now."] }
}

extension SafeTensors {
  /// The whole number in `range` that the metadata have for `key`.
  fileprivate func number(_ key: String, in range: ClosedRange<Int>) throws -> Int {
    guard let text = metadata[key] else {
      throw Failure(.badData, "\(path): does not say its '\(key)'")
    }
    guard let value = Int(text), range.contains(value) else {
      throw Failure(
        .badData,
        "\(path): its '\(key)' is '\(text.prefix(20))', not from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return value
  }
}
