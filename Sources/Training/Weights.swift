import Basics
import Tensors

/// Copies of parameters' values, by name: checkpoints and what is written to weights files.
public struct Weights: Sendable {
  /// One tensor.
  public struct Entry: Sendable {
    /// The parameter's name.
    public let name: String
    /// Its extents.
    public let shape: [Int]
    /// Its values.
    public let values: [Float]
  }

  /// The tensors, in the network's order.
  public let entries: [Entry]

  /// A copy of the values of `parameters`.
  public init(of parameters: [Parameter]) {
    entries = parameters.map {
      Entry(name: $0.name, shape: $0.shape, values: $0.elements)
    }
  }

  /// The weights file at `path`.
  ///
  /// - Throws: `Failure` if it cannot be read or is no safetensors file of floats.
  public init(contentsOf path: String) throws {
    let file = try SafeTensors(contentsOf: path)
    entries = try file.tensors.map {
      Entry(name: $0.name, shape: $0.shape, values: try file.floats($0.name))
    }
  }

  /// Writes a safetensors file that opens in PyTorch.
  public func write(to path: String, metadata: [String: String] = [:]) throws {
    try SafeTensors.write(tensors(), metadata: metadata, to: path)
  }

  /// The tensors to be written, their names behind `prefix`.
  func tensors(_ prefix: String = "") -> [SafeTensors.Tensor] {
    entries.map { SafeTensors.Tensor(prefix + $0.name, shape: $0.shape, floats: $0.values) }
  }

  /// Puts the values into `parameters`, each of which must be here with its shape; `source` is
  /// named in errors.
  ///
  /// - Throws: `Failure` of kind `badData` naming the tensor that is missing or differs.
  public func load(into parameters: [Parameter], from source: String) throws {
    let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    for parameter in parameters {
      guard let entry = byName[parameter.name] else {
        throw Failure(.badData, "\(source): has no tensor \(parameter.name)")
      }
      guard entry.shape == parameter.shape else {
        throw Failure(
          .badData,
          "\(source): tensor \(parameter.name) has shape \(entry.shape), "
            + "the network needs \(parameter.shape)")
      }
      parameter.set(entry.values)
    }
  }
}
