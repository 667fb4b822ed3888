import Foundation

extension SafeTensors {
  /// A tensor to be written.
  public struct Tensor {
    /// What a tensor's elements come from.
    enum Content {
      case floatPointer(UnsafeBufferPointer<Float>)
      case floats([Float])
      case bytes([UInt8])
    }

    let name: String
    let shape: [Int]
    let content: Content

    /// An F32 tensor whose elements stay where they are; `floats` must live until it is written.
    public init(_ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
      self.init(name: name, shape: shape, count: floats.count, content: .floatPointer(floats))
    }

    /// An F32 tensor.
    public init(_ name: String, shape: [Int], floats: [Float]) {
      self.init(name: name, shape: shape, count: floats.count, content: .floats(floats))
    }

    /// A U8 tensor.
    public init(_ name: String, shape: [Int], bytes: [UInt8]) {
      self.init(name: name, shape: shape, count: bytes.count, content: .bytes(bytes))
    }

    private init(name: String, shape: [Int], count: Int, content: Content) {
      precondition(shape.reduce(1, *) == count, "\(name): \(count) elements for shape \(shape)")
      self.name = name
      self.shape = shape
      self.content = content
    }

    func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
      switch content {
      case .floatPointer(let floats): try body(UnsafeRawBufferPointer(floats))
      case .floats(let floats): try floats.withUnsafeBytes(body)
      case .bytes(let bytes): try bytes.withUnsafeBytes(body)
      }
    }

    var type: ElementType {
      if case .bytes = content { .u8 } else { .f32 }
    }
  }

  /// Writes `tensors` and `metadata` to `path`, atomically and without a second copy in memory.
  ///
  /// The same arguments give the same bytes: tensors keep their order, metadata is sorted by key and
  /// has the file's digest (`SelfDigest`). The data begins at a multiple of 8 bytes. Names must differ.
  ///
  /// - Parameter isResult: whether the user has given `path`: `Files.writeResult`.
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput`, as `Files.writeAtomically`, `badData`
  ///   for the one name that no tensor of such a file can have.
  public static func write(
    _ tensors: [Tensor], metadata: [String: String] = [:], to path: String, isResult: Bool = false
  ) throws {
    guard !tensors.contains(where: { $0.name == SafeTensorsHeader.metadataKey }) else {
      throw Failure(
        .badData,
        "\(path): cannot be written: safetensors files have no tensor called "
          + SafeTensorsHeader.metadataKey)
    }
    var start = start(of: tensors, metadata: metadata)
    var digest = RunningDigest()
    digest.update(start)
    for tensor in tensors { tensor.withBytes { digest.update($0) } }
    start.replaceSubrange(
      SelfDigest.place(of: SelfDigest.blank, in: start)!, with: digest.hex().utf8)
    let bytes = start
    func write(_ writer: Files.Writer) throws {
      try writer.write(bytes)
      for tensor in tensors { try tensor.withBytes { try writer.write($0) } }
    }
    if isResult {
      try Files.writeResult(to: path, write)
    } else {
      try Files.writeAtomically(to: path, write)
    }
  }

  /// The bytes before the data: the header's length and the header, in which the digest is blank.
  private static func start(of tensors: [Tensor], metadata: [String: String]) -> [UInt8] {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "tensor names must differ")
    let pairs = metadata.merging([SelfDigest.key: SelfDigest.blank]) { $1 }
      .sorted { $0.key < $1.key }.map { "\(json($0.key)):\(json($0.value))" }
    var members = ["\"\(SafeTensorsHeader.metadataKey)\":{\(pairs.joined(separator: ","))}"]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.shape.reduce(tensor.type.byteCount, *)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(json(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var bytes = Array("{\(members.joined(separator: ","))}".utf8)
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) } + bytes
  }

  private static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
