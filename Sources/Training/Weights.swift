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
  /// - Parameter identity: what it must be of.
  /// - Throws: `Failure` if it cannot be read, is no safetensors file of finite floats, or is of
  ///   something else.
  public init(contentsOf path: String, of identity: WeightsIdentity? = nil) throws {
    let file = try SafeTensors(contentsOf: path)
    if let identity { try file.require(identity) }
    entries = try file.tensors.map {
      Entry(name: $0.name, shape: $0.shape, values: try file.finiteFloats($0.name))
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
  /// - Throws: `Failure` of kind `badData` naming the tensor that is missing, differs, or is not
  ///   finite, `inputOutput` if the file cannot be read.
  public func load(into parameters: [Parameter]) throws {
    for parameter in parameters {
      try parameter.requireShape(entry(parameter.name)?.shape, in: path)
      if parameter.stored == nil {
        try copyFloats(of: parameter.name, into: parameter.values)
        try requireFinite(parameter.name, UnsafeBufferPointer(parameter.values))
      } else {
        parameter.set(try finiteFloats(parameter.name))
      }
    }
  }

  /// The elements of the tensor `name` in row-major order.
  ///
  /// - Throws: as `floats`, and `Failure` of kind `badData` if one is not finite.
  package func finiteFloats(_ name: String) throws -> [Float] {
    let values = try floats(name)
    try values.withUnsafeBufferPointer { try requireFinite(name, $0) }
    return values
  }

  private func requireFinite(_ name: String, _ values: UnsafeBufferPointer<Float>) throws {
    guard let value = values.first(where: { !$0.isFinite }) else { return }
    throw Failure(.badData, "\(path): tensor \(name) is damaged: it has the value \(value)")
  }
}

extension Parameter {
  /// Checks that a tensor that `source` has as `label`, by default under the parameter's name, has its
  /// shape; `found` is nil if there is none.
  func requireShape(_ found: [Int]?, in source: String, as label: String? = nil) throws {
    let label = label ?? name
    guard let found else { throw Failure(.badData, "\(source): has no tensor \(label)") }
    guard found == shape else {
      throw Failure(
        .badData,
        "\(source): tensor \(label) has shape \(found), the network needs \(shape)")
    }
  }
}
