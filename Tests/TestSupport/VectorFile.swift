import Foundation

/// A safetensors file of feature vectors with labels, as other programs write it.
package struct VectorFile {
  /// The labels of one task.
  package enum Labels {
    case classes([Int])
    case values([Float])
  }

  /// Its bytes.
  package let data: Data

  /// A file with the tensor `features` and one of labels a task: I64 or F32.
  package init(features: [[Float]], labels: [(name: String, labels: Labels)] = []) {
    var tensors = [
      Self.floats(
        "features", [features.count, features.first?.count ?? 0], features.flatMap(\.self))
    ]
    for (name, labels) in labels {
      switch labels {
      case .values(let values): tensors.append(Self.floats(name, [values.count], values))
      case .classes(let numbers):
        tensors.append(
          Tensor(
            name: name, type: "I64", shape: [numbers.count],
            bytes: Data(numbers.flatMap { withUnsafeBytes(of: Int64($0)) { Array($0) } })))
      }
    }
    self.init(tensors)
  }

  /// A tensor as the file has it.
  package struct Tensor {
    let name: String, type: String, shape: [Int], bytes: Data

    package init(name: String, type: String, shape: [Int], bytes: Data) {
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// A file of any tensors.
  package init(_ tensors: [Tensor]) {
    var body = Data()
    let entries = tensors.map { tensor in
      let start = body.count
      body += tensor.bytes
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      return #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":[\#(shape)],"#
        + #""data_offsets":[\#(start),\#(body.count)]}"#
    }
    let header = Data("{\(entries.joined(separator: ","))}".utf8)
    data = withUnsafeBytes(of: UInt64(header.count)) { Data($0) } + header + body
  }

  /// An F32 tensor.
  package static func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> Tensor {
    Tensor(name: name, type: "F32", shape: shape, bytes: values.withUnsafeBytes { Data($0) })
  }
}
