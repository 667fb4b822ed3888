import Foundation
import Synchronization

/// A weights file in the safetensors format: named tensors that any framework opens, and no code
/// that runs on loading.
///
/// The file is an 8-byte little-endian header length, a JSON header, and the data of all tensors
/// without gaps. Everything the header says is checked before it is believed.
public struct SafeTensors: Sendable {
  /// The element types the format knows; only `f32` can be read as floats.
  public enum ElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case f8E5M2 = "F8_E5M2"
    case f8E4M3 = "F8_E4M3"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case i64 = "I64"
    case u64 = "U64"
    case f64 = "F64"

    /// The bytes of one element.
    public var byteCount: Int {
      switch self {
      case .bool, .u8, .i8, .f8E5M2, .f8E4M3: 1
      case .i16, .u16, .f16, .bf16: 2
      case .i32, .u32, .f32: 4
      case .i64, .u64, .f64: 8
      }
    }
  }

  /// What the header says about one tensor.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name, such as `lstm.weight_ih_l0`.
    public let name: String
    /// The type of its elements.
    public let type: ElementType
    /// Its extents, outermost first; empty for a scalar.
    public let shape: [Int]
    /// Where its elements lie in the data.
    let bytes: Range<Int>

    /// The number of elements.
    public var count: Int { bytes.count / type.byteCount }
  }

  /// The file's name in messages.
  public let path: String
  /// The strings stored beside the tensors, without the file's digest.
  public let metadata: [String: String]
  /// The tensors, in the order of their data.
  public let tensors: [Entry]

  private let contents: Contents
  private let dataStart: Int
  private let indices: [String: Int]
  /// What the file says its digest is; nil if it says nothing.
  private let digest: String?
  private let isVerified = Verification()

  /// Whether a file's digest has been compared, shared by the copies of one that is open.
  private final class Verification: Sendable {
    private let isDone = Mutex(false)

    /// Calls `check` unless it has returned before.
    func once(_ check: () throws -> Void) rethrows {
      try isDone.withLock {
        if !$0 { try check() }
        $0 = true
      }
    }
  }

  /// Where the bytes are.
  private enum Contents {
    case data(Data)
    case file(OpenFile)

    var count: Int {
      switch self {
      case .data(let data): data.count
      case .file(let file): file.size
      }
    }

    func bytes(_ range: Range<Int>) throws -> [UInt8] {
      try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialised in
        let all = UnsafeMutableRawBufferPointer(buffer)
        try copy(range, into: UnsafeMutableRawBufferPointer(rebasing: all[..<range.count]))
        initialised = range.count
      }
    }

    func copy(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
      switch self {
      case .data(let data):
        data.withUnsafeBytes {
          buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range]))
        }
      case .file(let file): try file.read(into: buffer, at: range.lowerBound)
      }
    }
  }

  /// Opens the file at `path` and reads its header; tensors are read when they are asked for, and if
  /// the file has its digest, that is compared before the first one is.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` if it is not a
  ///   sound safetensors file.
  public init(contentsOf path: String) throws {
    let contents: Contents = try OpenFile(path).map { .file($0) } ?? .data(Files.read(path))
    try self.init(contents, named: path)
  }

  /// Reads the safetensors file whose bytes are `data`; messages call it `path`.
  ///
  /// - Throws: `Failure` of kind `badData` if it is not a sound safetensors file.
  public init(data: Data, named path: String) throws {
    try self.init(.data(data), named: path)
  }

  private init(_ contents: Contents, named path: String) throws {
    guard contents.count >= 8 else {
      throw Failure(.badData, "\(path): is no safetensors file (\(contents.count) bytes long)")
    }
    let headerLength = try contents.bytes(0..<8).reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard headerLength <= 100_000_000, headerLength <= UInt64(contents.count - 8) else {
      throw Failure(
        .badData,
        "\(path): is no safetensors file, or cut short (header of \(headerLength) bytes in a "
          + "file of \(contents.count))")
    }
    dataStart = 8 + Int(headerLength)
    let header = try SafeTensorsHeader(
      contents.bytes(8..<dataStart)[...], dataSize: contents.count - dataStart, path: path)
    self.path = path
    self.contents = contents
    metadata = header.metadata.filter { $0.key != SelfDigest.key }
    digest = header.metadata[SelfDigest.key]
    tensors = header.tensors
    indices = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  /// How large the file is.
  public var byteCount: Int { contents.count }

  /// What the header says about the tensor `name`, or nil if there is none.
  public func entry(_ name: String) -> Entry? {
    indices[name].map { tensors[$0] }
  }

  /// Calls `body` with the stored bytes of the tensor `name`, little-endian.
  ///
  /// - Throws: `Failure` of kind `badData` if there is no such tensor, `inputOutput` if it cannot
  ///   be read; what `body` throws.
  public func withBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let entry = try known(name)
    try verify()
    return try contents.bytes(place(of: entry)).withUnsafeBytes(body)
  }

  /// Copies the elements of the tensor `name`, in row-major order, into `destination`.
  ///
  /// - Throws: `Failure` of kind `badData` if there is no such tensor, it is not F32, or it has
  ///   not exactly as many elements as `destination`; `inputOutput` if it cannot be read.
  public func copyFloats(
    of name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws {
    let entry = try known(name)
    guard entry.type == .f32 else {
      throw Failure(
        .badData, "\(path): tensor \(quoted(name)) is \(entry.type.rawValue), F32 is needed")
    }
    guard entry.count == destination.count else {
      throw Failure(
        .badData,
        "\(path): tensor \(quoted(name)) has \(entry.count) elements \(entry.shape), "
          + "\(destination.count) are needed")
    }
    try verify()
    try contents.copy(place(of: entry), into: UnsafeMutableRawBufferPointer(destination))
  }

  /// Compares the file with its digest, once; a file without one is taken as it is. Whoever goes by
  /// `metadata` calls it first.
  ///
  /// - Throws: `Failure` of kind `badData` if it does not fit.
  package func verify() throws {
    guard let digest else { return }
    try isVerified.once {
      var start = try contents.bytes(0..<dataStart)
      let place = SelfDigest.place(of: digest, in: start)
      if let place { start.replaceSubrange(place, with: SelfDigest.blank.utf8) }
      var running = RunningDigest()
      running.update(start)
      for piece in stride(from: dataStart, to: contents.count, by: 1 << 20) {
        running.update(try contents.bytes(piece..<min(piece + 1 << 20, contents.count)))
      }
      guard place != nil, running.hex() == digest else {
        throw Failure(
          .badData,
          "\(path): is damaged or was changed: its digest '\(SelfDigest.key)' does not fit; restore "
            + "it, or write it anew without that if the change is meant")
      }
    }
  }

  private func known(_ name: String) throws -> Entry {
    guard let entry = entry(name) else {
      throw Failure(.badData, "\(path): has no tensor \(quoted(name))")
    }
    return entry
  }

  private func place(of entry: Entry) -> Range<Int> {
    dataStart + entry.bytes.lowerBound..<dataStart + entry.bytes.upperBound
  }

  /// The elements of the tensor `name` in row-major order.
  ///
  /// - Throws: `Failure` of kind `badData` if there is no such tensor or it is not F32.
  public func floats(_ name: String) throws -> [Float] {
    // The count is bounded by the file's own size, whatever the type.
    let count = entry(name)?.count ?? 0
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      try copyFloats(of: name, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialised = count
    }
  }
}
