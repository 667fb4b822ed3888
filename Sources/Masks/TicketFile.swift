import Basics
import Foundation

/// The outer layer of a ticket file: fixed fields, compressed payload, checksum.
package enum TicketFile {
  package static let magic = Array("TICKET\r\n".utf8)
  static let version: UInt32 = 1
  /// Bytes before the payload: magic, version, header length, payload length, origin.
  static let prefix = 8 + 4 + 4 + 8 + 32
  /// Bytes after the payload.
  static let checksum = 32

  /// Puts a file together from the plain bytes of its header and of each tensor's data.
  package static func assemble(
    origin: [UInt8], header: [UInt8], sections: [[UInt8]]
  ) -> Data {
    let payload = Zstd.compress([header], level: 19) + Zstd.compressNoise(sections)
    var bytes = magic
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt32(header.count))
    bytes.append(littleEndian: UInt64(payload.count))
    bytes += origin
    bytes += payload
    bytes += Digest.sha256(bytes)
    return Data(bytes)
  }
}

extension [UInt8] {
  package mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends the length of `text` in UTF-8 as 16 bits, then its bytes.
  package mutating func append(text: String) {
    append(littleEndian: UInt16(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
