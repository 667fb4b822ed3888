import Basics
import Sharing
import Tensors

extension Trainer {
  /// Writes the loop's state to `path`: weights, best weights and optimiser, and where it stands.
  public func checkpoint(to path: String) throws {
    let parameters = network.parameters
    let scores = bestScores.map { String($0.bitPattern) }.joined(separator: " ")
    try SafeTensors.write(
      parameters.map { parameter in
        let name = "now.\(parameter.name)"
        guard parameter.stored == nil else {
          return SafeTensors.Tensor(name, shape: parameter.shape, floats: parameter.elements)
        }
        return SafeTensors.Tensor(
          name, shape: parameter.shape, floats: UnsafeBufferPointer(parameter.values))
      } + (best?.tensors("best.") ?? []) + methodState(),
      metadata: [
        "stage": stage, "epoch": "\(epoch)", "best epoch": "\(bestEpoch)", "best scores": scores,
      ], to: path)
  }

  /// Takes over the state that `checkpoint` wrote to `path`; false if it is another stage's.
  ///
  /// - Throws: `Failure` of kind `badData` if the file is not such a checkpoint.
  public func restore(from path: String) throws -> Bool {
    let file = try SafeTensors(contentsOf: path)
    func number(_ key: String) throws -> Int {
      guard let value = file.metadata[key].flatMap({ Int($0) }) else {
        throw Failure(.badData, "\(path): the checkpoint does not say its '\(key)'; remove it")
      }
      return value
    }
    guard file.metadata["stage"] == stage else { return false }
    epoch = try number("epoch")
    bestEpoch = try number("best epoch")
    bestScores = (file.metadata["best scores"] ?? "").split(separator: " ")
      .compactMap { UInt64($0).map { Double(bitPattern: $0) } }
    let parameters = network.parameters
    best = nil
    for prefix in bestEpoch > 0 ? ["best", "now"] : ["now"] {
      for parameter in parameters {
        parameter.set(try file.floats("\(prefix).\(parameter.name)"))
      }
      if prefix == "best" { keepBest() }
    }
    try takeMethodState(from: file)
    return true
  }

  /// Writes what the method holds between epochs to `path`, for a training that goes on from this one.
  package func writeMethodState(to path: String) throws {
    try SafeTensors.write(methodState(), metadata: [:], to: path)
  }

  /// Takes over what the method of another training held, from what it wrote.
  ///
  /// - Throws: `Failure` of kind `badData` if it does not fit.
  package func takeMethodState(from file: SafeTensors) throws {
    try method.restore(network.parameters) { name, count in
      guard let entry = file.entry("optimizer.\(name)") else { return nil }
      guard entry.count == count else {
        throw Failure(.badData, "\(file.path): \(name) has \(entry.count) values, not \(count)")
      }
      return try file.floats(entry.name)
    }
  }

  private func methodState() -> [SafeTensors.Tensor] {
    method.state(of: network.parameters).map {
      SafeTensors.Tensor("optimizer.\($0.name)", shape: [$0.values.count], floats: $0.values)
    }
  }
}
