import Basics
import Foundation

extension Ticket {
  /// Reads the ticket file whose bytes are `data`; messages call it `path`.
  ///
  /// Nothing in the file is believed: every length is checked before memory is set aside for it,
  /// and every count after decoding.
  ///
  /// - Throws: `Failure` of kind `badData` that says what is wrong with it.
  public init(data: Data, named path: String = "ticket") throws {
    do {
      self = try Self.decode([UInt8](data))
    } catch let problem as Problem {
      throw Failure(.badData, "\(path): \(problem.text)")
    }
  }

  private static func decode(_ file: [UInt8]) throws -> Ticket {
    guard file.count <= Limits.file else {
      throw Problem("is larger than the \(Limits.file) bytes a ticket may have")
    }
    guard file.starts(with: TicketFile.magic) else { throw Problem("is not a ticket file") }
    var fields = FieldReader(file[TicketFile.magic.count...])
    let version = try fields.integer(UInt32.self)
    guard version == TicketFile.version else {
      throw Problem(
        "is a ticket file of version \(version), version \(TicketFile.version) is supported")
    }
    let headerLength = try fields.integer(UInt32.self)
    let payloadLength = try fields.integer(UInt64.self)
    let origin = try fields.bytes(32)
    let room = file.count - TicketFile.prefix - TicketFile.checksum
    guard room >= 0, payloadLength == UInt64(room) else {
      let problem = room < 0 || payloadLength > UInt64(room) ? "cut short" : "followed by garbage"
      throw Problem("is \(problem) or damaged: \(file.count) bytes do not fit its payload length")
    }
    let body = file[..<(file.count - TicketFile.checksum)]
    guard Digest.sha256(body) == Array(file[body.endIndex...]) else {
      throw Problem("is damaged: its checksum does not match")
    }
    guard headerLength <= Limits.header else {
      throw Problem("its header of \(headerLength) bytes is larger than a ticket's may be")
    }

    let payload = Decompressor(Array(body[TicketFile.prefix...]))
    let header = try Header(payload.read(Int(headerLength)))
    let entries = try header.tensors.map { tensor in
      let bytes = try payload.read(tensor.length)
      guard let mask = tensor.code.decode(bytes, count: tensor.count, alive: tensor.alive) else {
        throw Problem(
          "tensor '\(tensor.name)': its data is not a mask with \(tensor.alive) of "
            + "\(tensor.count) weights alive")
      }
      return MaskSet.Entry(name: tensor.name, shape: tensor.shape, mask: mask)
    }
    try payload.finish()
    return Ticket(
      task: header.task, round: header.round, criterion: header.criterion, scope: header.scope,
      devScore: header.devScore, origin: origin, masks: MaskSet(entries))
  }
}

/// A ticket's decompressed header, checked.
private struct Header {
  struct Tensor {
    let name: String
    let shape: [Int]
    let count: Int
    let alive: Int
    let code: MaskCode
    let length: Int
  }

  let round: Int
  let devScore: Double?
  let task: String
  let criterion: String
  let scope: String
  private(set) var tensors: [Tensor] = []

  init(_ bytes: [UInt8]) throws {
    var fields = FieldReader(bytes[...])
    round = Int(try fields.integer(UInt32.self))
    let hasScore = try fields.integer(UInt8.self)
    let score = Double(bitPattern: try fields.integer(UInt64.self))
    guard hasScore <= 1, score.isFinite, hasScore == 1 || score.bitPattern == 0 else {
      throw Problem("its dev score is malformed")
    }
    devScore = hasScore == 1 ? score : nil
    task = try fields.text("its task")
    criterion = try fields.text("its criterion")
    scope = try fields.text("its scope")
    var names: Set<String> = []
    var weights = 0
    for _ in 0..<(try fields.integer(UInt32.self)) {
      let name = try fields.text("a tensor's name")
      guard !name.isEmpty else { throw Problem("a tensor has no name") }
      guard names.insert(name).inserted else { throw Problem("tensor '\(name)' is there twice") }
      let tensor = try Self.tensor(name, &fields)
      weights += tensor.count
      guard weights <= Ticket.Limits.weights else {
        throw Problem(
          "its tensors have more than the \(Ticket.Limits.weights) weights a ticket may have")
      }
      tensors.append(tensor)
    }
    guard fields.isAtEnd else { throw Problem("its header goes on after the last tensor") }
  }

  private static func tensor(_ name: String, _ fields: inout FieldReader) throws -> Tensor {
    let rank = Int(try fields.integer(UInt8.self))
    guard (1...Ticket.Limits.rank).contains(rank) else {
      throw Problem("tensor '\(name)' has \(rank) extents, 1 to \(Ticket.Limits.rank) are allowed")
    }
    var shape: [Int] = []
    var count = 1
    for _ in 0..<rank {
      let extent = Int(try fields.integer(UInt32.self))
      shape.append(extent)
      // Both factors are below 2³², so the product does not overflow.
      count *= extent
      guard extent >= 1, count <= Ticket.Limits.weights else {
        throw Problem("tensor '\(name)' has an extent of 0 or too many weights: \(shape)")
      }
    }
    let alive = Int(try fields.integer(UInt32.self))
    guard alive <= count else {
      throw Problem("tensor '\(name)' has \(count) weights but \(alive) alive ones")
    }
    let byte = try fields.integer(UInt8.self)
    guard let code = MaskCode(byte: byte) else {
      throw Problem("tensor '\(name)' has the unknown encoding \(byte)")
    }
    let length = Int(try fields.integer(UInt32.self))
    guard code.lengths(count: count, alive: alive).contains(length), length <= (count + 7) / 8
    else {
      throw Problem(
        "tensor '\(name)': \(length) bytes cannot hold \(alive) of \(count) weights")
    }
    return Tensor(
      name: name, shape: shape, count: count, alive: alive, code: code, length: length)
  }
}

/// Reads little-endian fields from left to right, never past the end.
private struct FieldReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func bytes(_ count: Int) throws -> [UInt8] {
    guard rest.count >= count else { throw Problem("is cut short or damaged: a field is missing") }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) throws -> T {
    try bytes(T.bitWidth / 8).reversed().reduce(0) { $0 << 8 | T($1) }
  }

  mutating func text(_ what: String) throws -> String {
    let length = Int(try integer(UInt16.self))
    guard let text = String(validating: try bytes(length), as: UTF8.self) else {
      throw Problem("\(what) is not UTF-8")
    }
    if let problem = Ticket.problem(withText: text) { throw Problem("\(what) \(problem)") }
    return text
  }
}
