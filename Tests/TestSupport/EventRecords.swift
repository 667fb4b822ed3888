import Foundation

/// One record of an event file, read without the library that writes them.
package struct EventRecord: Equatable {
  package var time = 0.0
  package var step = 0
  package var version: String?
  package var isStart = false
  package var scalars: [String: Float] = [:]

  private struct Damaged: Error {}

  /// The records of the file at `path`.
  ///
  /// - Throws: if a check sum is wrong or the file ends within a record.
  package static func read(_ path: String) throws -> [EventRecord] {
    var rest = try Data(contentsOf: URL(fileURLWithPath: path))[...]
    func take(_ count: Int) throws -> Data {
      guard rest.count >= count else { throw Damaged() }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    var records: [EventRecord] = []
    while !rest.isEmpty {
      let length = try take(8)
      guard try number(take(4)) == UInt64(masked(length)) else { throw Damaged() }
      let data = try take(Int(number(length)))
      guard try number(take(4)) == UInt64(masked(data)) else { throw Damaged() }
      records.append(try EventRecord(data))
    }
    return records
  }

  private init(_ data: Data) throws {
    for (field, value) in try Self.fields(data) {
      switch field {
      case 1: time = Double(bitPattern: Self.number(value))
      case 2: step = Int(Self.number(value))
      case 3: version = String(decoding: value, as: UTF8.self)
      case 5:
        for (_, scalar) in try Self.fields(value) {
          let parts = try Dictionary(uniqueKeysWithValues: Self.fields(scalar))
          guard let tag = parts[1], let bits = parts[2] else { throw Damaged() }
          scalars[String(decoding: tag, as: UTF8.self)] =
            Float(bitPattern: UInt32(Self.number(bits)))
        }
      case 7: isStart = try Self.fields(value).contains { $0 == 1 && Self.number($1) == 1 }
      default: throw Damaged()
      }
    }
  }

  /// The fields of a message by number, each as bytes: those of a fixed number or a text, or of a
  /// varint as a number.
  private static func fields(_ data: Data) throws -> [(Int, Data)] {
    var rest = data[...]
    func varint() throws -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 127) << shift
        if byte < 128 { return value }
        shift += 7
      }
      throw Damaged()
    }
    var found: [(Int, Data)] = []
    while !rest.isEmpty {
      let key = try varint()
      let value: Data
      switch key & 7 {
      case 0: value = try withUnsafeBytes(of: varint().littleEndian) { Data($0) }
      case 1: value = rest.prefix(8)
      case 2:
        // Read first: it moves what is taken from.
        let count = try Int(varint())
        value = rest.prefix(count)
      case 5: value = rest.prefix(4)
      default: throw Damaged()
      }
      if key & 7 != 0 { rest = rest.dropFirst(value.count) }
      found.append((Int(key >> 3), value))
    }
    return found
  }

  /// Little-endian bytes as a number.
  private static func number(_ bytes: Data) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The masked CRC-32C, bit by bit.
  private static func masked(_ data: Data) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in data {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }
    sum = ~sum
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}

/// The event files below `folder` as TensorBoard shows them: by folder and step what was written
/// there last, where every session start after the first voids its step and later ones.
///
/// - Throws: if a file begins with anything but version and start, or a step stands there twice.
package func board(_ folder: String) throws -> [String: [Int: EventRecord]] {
  struct Damaged: Error { let file: String }
  var shown: [String: [Int: EventRecord]] = [:]
  let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
  for name in names.filter({ $0.contains(".tfevents.") }).sorted() {
    let place = URL(fileURLWithPath: "/" + name).deletingLastPathComponent().path.dropFirst()
    let records = try EventRecord.read("\(folder)/\(name)")
    // Its process was killed before it could write anything.
    if records.isEmpty { continue }
    guard records.count >= 2, records[0].version == "brain.Event:2", records[1].isStart else {
      throw Damaged(file: name)
    }
    for record in records.dropFirst() {
      if record.isStart {
        shown[String(place)] = shown[String(place)]?.filter { $0.key < record.step }
      } else if shown[String(place), default: [:]].updateValue(record, forKey: record.step) != nil {
        throw Damaged(file: name)
      }
    }
  }
  return shown
}
