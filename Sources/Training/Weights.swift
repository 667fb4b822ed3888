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
    public fileprivate(set) var values: [Float]
  }

  /// The tensors, in the network's order.
  public private(set) var entries: [Entry]

  /// A copy of the values of `parameters`.
  public init(of parameters: [Parameter]) {
    entries = parameters.map {
      Entry(name: $0.name, shape: $0.shape, values: $0.elements)
    }
  }

  /// Takes the values of the `parameters` of which this is a copy anew, in place.
  public mutating func update(from parameters: [Parameter]) {
    precondition(entries.count == parameters.count)
    for (index, parameter) in parameters.enumerated() {
      precondition(entries[index].name == parameter.name)
      entries[index].values.withUnsafeMutableBufferPointer { parameter.copyElements(to: $0) }
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
      let entry = byName[parameter.name]
      try parameter.requireShape(entry?.shape, in: source)
      parameter.set(entry!.values)
    }
  }
}

extension SafeTensors {
  /// Reads the values of `parameters`, each of which must be here with its shape, from the file
  /// straight into them.
  ///
  /// - Throws: `Failure` of kind `badData` naming the tensor that is missing or differs,
  ///   `inputOutput` if the file cannot be read.
  public func load(into parameters: [Parameter]) throws {
    for parameter in parameters {
      try parameter.requireShape(entry(parameter.name)?.shape, in: path)
      if parameter.stored == nil {
        try copyFloats(of: parameter.name, into: parameter.values)
      } else {
        parameter.set(try floats(parameter.name))
      }
    }
  }
}

extension Parameter {
  fileprivate func requireShape(_ found: [Int]?, in source: String) throws {
    guard let found else { throw Failure(.badData, "\(source): has no tensor \(name)") }
    guard found == shape else {
      throw Failure(
        .badData,
        "\(source): tensor \(name) has shape \(found), the network needs \(shape)")
    }
  }
}
