import Foundation

/// The framing of TFRecord files.
package enum Record {
  /// `data` as one record: its length in eight bytes, that length's check sum in four, the data, and
  /// their check sum; all numbers little-endian.
  package static func framed(_ data: Data) -> Data {
    let length = bytes(UInt64(data.count))
    return length + bytes(CRC32C.masked(length)) + data + bytes(CRC32C.masked(data))
  }

  private static func bytes(_ number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}
