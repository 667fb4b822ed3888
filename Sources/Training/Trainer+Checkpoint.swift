import Basics
import Sharing
import Tensors

extension Trainer {
  /// Writes the loop's state to `path`: weights, best weights and optimiser, and where it stands; and
  /// what `training` it is of.
  public func checkpoint(to path: String, of training: String? = nil) throws {
    let parameters = network.parameters
    let scores = bestScores.map { String($0.bitPattern) }.joined(separator: " ")
    var metadata = [
      "stage": stage, "epoch": "\(epoch)", "best epoch": "\(bestEpoch)", "best scores": scores,
    ]
    metadata["training"] = training
    try SafeTensors.write(
      parameters.map { parameter in
        let name = "now.\(parameter.name)"
        guard parameter.stored == nil else {
          return SafeTensors.Tensor(name, shape: parameter.shape, floats: parameter.elements)
        }
        return SafeTensors.Tensor(
          name, shape: parameter.shape, floats: UnsafeBufferPointer(parameter.values))
      } + (best?.tensors("best.") ?? []) + methodState(),
      metadata: metadata, to: path)
  }

  /// Takes over the state that `checkpoint` wrote to `path`; false if it is another stage's.
  ///
  /// The file is checked whole before any of it is used: if it is refused, nothing has changed.
  ///
  /// - Throws: `Failure` of kind `badData` if the file is not such a checkpoint, or says that it is of
  ///   something else than `training`.
  public func restore(from path: String, of training: String? = nil) throws -> Bool {
    do {
      let file = try SafeTensors(contentsOf: path)
      try file.verify()
      guard file.metadata["stage"] == stage else { return false }
      if let training, let found = file.metadata["training"], found != training {
        throw Failure(.badData, "\(path): is of '\(found.prefix(80))', not of '\(training)'")
      }
      try take(
        Checkpoint(
          file, epochs: settings.epochs, tasks: data.count, parameters: network.parameters,
          state: method.stateLayout(of: network.parameters)))
      return true
    } catch let failure as Failure where failure.kind == .badData {
      throw failure.adding("; remove it to start this stage again")
    }
  }

  private func take(_ checkpoint: Checkpoint) throws {
    epoch = checkpoint.epoch
    bestEpoch = checkpoint.bestEpoch
    bestScores = checkpoint.bestScores
    best = nil
    for prefix in checkpoint.prefixes {
      for parameter in network.parameters {
        parameter.set(try checkpoint.file.floats(prefix + parameter.name))
      }
      if prefix == "best." { keepBest() }
    }
    try restoreMethod(from: checkpoint.file)
  }

  /// Writes what the method holds between epochs to `path`, for a training that goes on from this one.
  package func writeMethodState(to path: String, of identity: WeightsIdentity? = nil) throws {
    try SafeTensors.write(methodState(), metadata: identity?.metadata ?? [:], to: path)
  }

  /// Takes over what the method of another training held, from what it wrote.
  ///
  /// - Throws: `Failure` of kind `badData` if it does not fit.
  package func takeMethodState(from file: SafeTensors) throws {
    try file.requireState(method.stateLayout(of: network.parameters))
    try restoreMethod(from: file)
  }

  /// Takes over the method's state in `file`, which has been checked.
  private func restoreMethod(from file: SafeTensors) throws {
    try method.restore(network.parameters) { name in
      let name = StateTensor.prefix + name
      return try file.entry(name).map { _ in try file.floats(name) }
    }
  }

  private func methodState() -> [SafeTensors.Tensor] {
    method.state(of: network.parameters).map {
      SafeTensors.Tensor(StateTensor.prefix + $0.name, shape: [$0.values.count], floats: $0.values)
    }
  }
}
