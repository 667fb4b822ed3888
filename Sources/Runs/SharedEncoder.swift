import Basics
import Masks
import Sharing
import Tensors
import Training

/// What a trained network can give to a task that it has never seen: whatever that task's network
/// has by the same name (Liu and Huang 2018, section 5.2).
package struct SharedEncoder: Sendable {
  /// The trained weights.
  private let weights: Weights
  /// Their file, for messages.
  private let source: String
  /// Its SHA-256, in hexadecimal.
  let origin: String
  /// The ticket under which the encoder is read; nil for all of it.
  private let ticket: Ticket?
  /// Whether training leaves it as it is.
  private let isFrozen: Bool

  /// The encoder in the weights file `source`, which must be of `identity` if that is given.
  ///
  /// - Throws: `Failure` if it cannot be read or is no safetensors file of floats.
  package init(
    _ source: String, of identity: WeightsIdentity? = nil, ticket: Ticket? = nil,
    isFrozen: Bool = false
  ) throws {
    weights = try Weights(contentsOf: source, of: identity)
    origin = Digest.hex(try Digest.sha256(file: source))
    self.source = source
    self.ticket = ticket
    self.isFrozen = isFrozen
  }

  /// Puts the weights into `network`, all else stays as it is, and gives the network to be trained:
  /// under the ticket, or with the encoder frozen. Dead weights are zero.
  ///
  /// A table of vectors may have more rows than the trained one; those behind them stay as they are.
  ///
  /// - Throws: `Failure` of kind `badData` naming a tensor that does not fit, `usage` if the ticket
  ///   belongs to another encoder.
  package func put(
    into network: any SharingNetwork, execution: MaskedExecution
  ) throws -> any SharingNetwork {
    let learned = Dictionary(uniqueKeysWithValues: weights.entries.map { ($0.name, $0) })
    let shared = network.parameters.filter { learned[$0.name] != nil }
    for parameter in shared { try parameter.take(learned[parameter.name]!, from: source) }
    var trained = network
    if let ticket {
      let masks = MaskSet(
        ticket.masks.entries.compactMap { entry in
          shared.first { $0.name == entry.name }.map { entry.extended(to: $0) }
        })
      try ticket.requireEncoder(of: network)
      trained = try SparseSharing(network, masks: [masks], execution: execution)
      for parameter in shared {
        guard let mask = masks[parameter.name] else { continue }
        parameter.set(parameter.elements.enumerated().map { mask[$0] ? $1 : 0 })
      }
    }
    return isFrozen ? FrozenSharing(trained, frozen: shared) : trained
  }
}

extension Ticket {
  /// Checks that it has a mask for what `network`'s only task reads of an encoder that is pruned.
  ///
  /// - Throws: `Failure` of kind `usage` naming a tensor without one.
  func requireEncoder(of network: any SharingNetwork) throws {
    let read = Set(network.parameters(of: 0).filter(\.isPrunable).map(\.name))
    let encoder = network.parts.encoders.filter { read.contains($0.name) }
    if let missing = encoder.first(where: { masks[$0.name] == nil }) {
      throw Failure(
        .usage, setting: "ticket", value: task,
        "has no mask for \(missing.name) of the encoder, which the new task reads and '\(task)' does "
          + "not; name another ticket")
    }
  }
}

extension MaskSet.Entry {
  /// The mask over all rows of `parameter`; those that a table of words has beyond the trained one are
  /// alive.
  fileprivate func extended(to parameter: Parameter) -> MaskSet.Entry {
    guard parameter.isEmbedding, shape.dropFirst() == parameter.shape.dropFirst(),
      shape[0] < parameter.shape[0]
    else { return self }
    var mask = BitMask(repeating: true, count: parameter.elementCount)
    for i in 0..<self.mask.count { mask[i] = self.mask[i] }
    return MaskSet.Entry(name: name, shape: parameter.shape, mask: mask)
  }
}

extension Parameter {
  /// Takes the values of `entry`, or those of its first rows if it is a table of words or characters
  /// with more of them.
  fileprivate func take(_ entry: Weights.Entry, from source: String) throws {
    let hasMoreRows =
      (isEmbedding || !isPrunable) && shape.count == 2
      && entry.shape.dropFirst() == shape.dropFirst()
      && entry.shape[0] <= shape[0]
    guard entry.shape == shape || hasMoreRows else {
      throw Failure(
        .badData, "\(source): tensor \(name) has shape \(entry.shape), the network needs \(shape)")
    }
    _ = values.update(from: entry.values)
  }
}
