import Crypto
import Foundation

/// The digest that a file has of itself, so that one that was damaged or changed is not believed: the
/// SHA-256, in hexadecimal, of the file's bytes with 64 zeros in the place of the digest.
///
/// It tells damage, not forgery: whoever writes a file with a digest that fits is believed. A file
/// without one is of another program or an older version, and is taken as it is.
enum SelfDigest {
  /// The name that JSON, and the header of a safetensors file, have it under.
  static let key = "tickets.sha256"
  /// What stands in its place while it is computed.
  static let blank = String(repeating: "0", count: 64)

  /// Where the digest is in `bytes`, in which it is written as `"key":"digest"`; nil if it is not.
  static func place(of digest: String, in bytes: [UInt8]) -> Range<Int>? {
    let value = Array("\"\(digest)\"".utf8)
    guard
      let found = bytes.firstRange(of: Array("\"\(key)\":".utf8) + value)
    else { return nil }
    return found.upperBound - value.count + 1..<found.upperBound - 1
  }
}

/// A SHA-256 over bytes that come piece by piece.
package struct RunningDigest {
  private var hash = SHA256()

  package init() {}

  /// Takes in `bytes`.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// Takes in `bytes`.
  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest in hexadecimal.
  package func hex() -> String { Digest.hex(hash.finalize()) }
}
