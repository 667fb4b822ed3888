import Foundation

/// What the JSON header of a safetensors file says, checked against the size of its data.
///
/// A scanner of its own instead of a general JSON reader, because duplicate names must be seen
/// and memory must stay in proportion to the header.
struct SafeTensorsHeader {
  /// What the header has instead of a tensor's name where metadata follow.
  static let metadataKey = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [SafeTensors.Entry] = []

  /// Reads the header in `bytes`; `dataSize` is how many bytes follow it in the file.
  ///
  /// - Throws: `Failure` of kind `badData`, beginning with `path`.
  init(_ bytes: ArraySlice<UInt8>, dataSize: Int, path: String) throws {
    var scanner = JSONScanner(bytes: bytes, subject: "\(path): safetensors header")
    guard bytes.first == UInt8(ascii: "{") else { throw scanner.failure("expected '{'") }
    var names: Set<String> = []
    try scanner.object { scanner, name in
      guard names.insert(name).inserted else {
        throw scanner.failure("\(quoted(name)) is there twice")
      }
      if name == Self.metadataKey {
        try scanner.object { scanner, key in
          let value = try scanner.string()
          guard metadata.updateValue(value, forKey: key) == nil else {
            throw scanner.failure("metadata \(quoted(key)) is there twice")
          }
        }
      } else {
        tensors.append(try Self.entry(named: name, &scanner))
      }
    }
    try scanner.end()
    try orderAndCheck(dataSize: dataSize, path: path)
  }

  private static func entry(
    named name: String, _ scanner: inout JSONScanner
  ) throws -> SafeTensors.Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key in
      switch key {
      case "dtype" where type == nil: type = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default: throw scanner.failure("tensor \(quoted(name)): unexpected key \(quoted(key))")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw scanner.failure("tensor \(quoted(name)) needs dtype, shape and two data_offsets")
    }
    guard let type = SafeTensors.ElementType(rawValue: type) else {
      throw scanner.failure("tensor \(quoted(name)) has the unknown type \(quoted(type))")
    }
    var size = type.byteCount
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw scanner.failure("tensor \(quoted(name)): shape \(shape) is too large")
      }
      size = product
    }
    guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == size else {
      throw scanner.failure(
        "tensor \(quoted(name)): \(type.rawValue) \(shape) needs \(size) bytes, "
          + "its data_offsets are \(offsets)")
    }
    return SafeTensors.Entry(name: name, type: type, shape: shape, bytes: offsets[0]..<offsets[1])
  }

  /// Puts the tensors in the order of their data and makes sure they fill it, without gaps.
  private mutating func orderAndCheck(dataSize: Int, path: String) throws {
    tensors.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    var end = 0
    for tensor in tensors {
      guard tensor.bytes.lowerBound == end else {
        let problem = tensor.bytes.lowerBound < end ? "overlaps" : "leaves a hole after"
        throw Failure(
          .badData,
          "\(path): tensor \(quoted(tensor.name)) \(problem) the data before it, at byte \(end)")
      }
      end = tensor.bytes.upperBound
    }
    guard end == dataSize else {
      throw Failure(
        .badData, "\(path): its tensors need \(end) bytes of data, the file has \(dataSize)")
    }
  }
}

/// `name` in quotes, cut short if it is very long.
package func quoted(_ name: String) -> String {
  name.count <= 80 ? "'\(name)'" : "'\(name.prefix(80))…'"
}
