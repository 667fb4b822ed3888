import Foundation

/// A JSON object in a file whose last member is the file's digest (`SelfDigest`).
package enum SealedJSON {
  /// The most bytes from the last member's comma to the end.
  private static let tail = 128

  /// Writes `object`, the text of a JSON object, with its digest to `path`, atomically.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput`, as `Files.writeAtomically`.
  package static func write(_ object: Data, to path: String) throws {
    try Files.writeAtomically(sealed(object), to: path)
  }

  /// `object`, the text of a JSON object, with its digest.
  package static func sealed(_ object: Data) -> Data {
    let text = object.trimmed
    precondition(text.first == UInt8(ascii: "{") && text.last == UInt8(ascii: "}"))
    let members = text.dropLast().trimmed
    func sealed(_ digest: String) -> Data {
      members
        + Data("\(members.count > 1 ? "," : "")\n  \"\(SelfDigest.key)\":\"\(digest)\"\n}\n".utf8)
    }
    return sealed(Digest.hex(Digest.sha256(sealed(SelfDigest.blank))))
  }

  /// The object in the file at `path`, which has at most `limit` bytes, without the digest.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` if its digest does not
  ///   fit; a file without one is taken as it is.
  package static func read(_ path: String, limit: Int) throws -> Data {
    try open(Files.read(path, limit: limit), named: path)
  }

  /// The object in `bytes`, which messages call `path`, without the digest.
  ///
  /// - Throws: `Failure` of kind `badData` as `read(_:limit:)`.
  package static func open(_ bytes: Data, named path: String) throws -> Data {
    func damaged() -> Failure {
      Failure(
        .badData,
        "\(path): is damaged or was changed: its digest does not fit; restore it, or remove its "
          + "member '\(SelfDigest.key)' if the change is meant")
    }
    guard let seal = seal(in: bytes) else {
      // Elsewhere than at the end, or in other white space, it is no longer the file's.
      guard bytes.firstRange(of: Data("\"\(SelfDigest.key)\"".utf8)) == nil else { throw damaged() }
      return bytes
    }
    var digest = RunningDigest()
    bytes.withUnsafeBytes { all in
      digest.update(UnsafeRawBufferPointer(rebasing: all[..<seal.digest.lowerBound]))
      digest.update(Array(SelfDigest.blank.utf8))
      digest.update(UnsafeRawBufferPointer(rebasing: all[seal.digest.upperBound...]))
    }
    guard digest.hex().utf8.elementsEqual(bytes[seal.digest]) else { throw damaged() }
    return bytes[..<seal.start] + Data("\n}\n".utf8)
  }

  /// Where the digest is, and where its member begins; nil if the file does not end with one.
  private static func seal(in bytes: Data) -> (start: Int, digest: Range<Int>)? {
    let end = Array(bytes.suffix(tail))
    let key = Array("\"\(SelfDigest.key)\":\"".utf8)
    guard let found = end.ranges(of: key).last, end.count >= found.upperBound + 64,
      end[(found.upperBound + 64)...].elementsEqual("\"\n}\n".utf8)
    else { return nil }
    // A comma stands before it unless the object is empty.
    let before = end[..<found.lowerBound].lastIndex { ![0x20, 0x0a].contains($0) } ?? 0
    let offset = bytes.endIndex - end.count
    let start = end[before] == UInt8(ascii: ",") ? before : before + 1
    return (offset + start, offset + found.upperBound..<offset + found.upperBound + 64)
  }
}

extension Data {
  /// Without white space at its end.
  fileprivate var trimmed: Data {
    let white = Set(" \n\r\t".utf8)
    return lastIndex { !white.contains($0) }.map { self[startIndex...$0] } ?? Data()
  }
}
