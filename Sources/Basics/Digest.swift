import Crypto
import Foundation

/// SHA-256 over bytes and files: what ties tickets to weights and runs to their data.
public enum Digest {
  /// The 32 bytes of the SHA-256 of `data`.
  public static func sha256(_ data: some DataProtocol) -> [UInt8] {
    Array(SHA256.hash(data: data))
  }

  /// The SHA-256 of the file at `path`, read in pieces of 1 MiB.
  ///
  /// - Parameter check: called before every piece; may throw to stop.
  /// - Throws: `Failure` of kind `missingInput` if the file cannot be opened, `inputOutput`
  ///   if reading broke off; what `check` throws.
  public static func sha256(
    file path: String, check: () throws -> Void = {}
  ) throws -> [UInt8] {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw Failure(.missingInput, "\(path): is a folder, a file is needed")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    defer { try? handle.close() }
    var hash = SHA256()
    while true {
      try check()
      do {
        guard let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty else { break }
        hash.update(data: piece)
      } catch {
        throw Failure(.inputOutput, "\(path): reading broke off (\(systemError()))")
      }
    }
    return Array(hash.finalize())
  }

  /// The 32 bytes that `hex` wrote; nil for any other text.
  public static func bytes(hex text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == 64, text.utf8.count == 64 else { return nil }
    return stride(from: 0, to: 64, by: 2).map { UInt8(16 * digits[$0] + digits[$0 + 1]) }
  }

  /// Lower-case hexadecimal digits of `bytes`.
  public static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
