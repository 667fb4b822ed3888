import Basics
import Foundation
import Synchronization

/// SHA-256 digests of data files, each computed once a process while the file stays as it is.
final class DataDigests: Sendable {
  /// What tells that a file has not been written since.
  private struct Stamp: Equatable {
    let device: dev_t, node: ino_t, size: off_t, seconds: Int, nanoseconds: Int
  }

  private let known = Mutex<[String: (stamp: Stamp, digest: String)]>([:])

  /// The digest of `file` in hexadecimal.
  func of(_ file: String) throws -> String {
    let stamp = Self.stamp(file)
    if let stamp, let found = known.withLock({ $0[file] }), found.stamp == stamp {
      return found.digest
    }
    try Files.requireRegular(file)
    let digest = Digest.hex(try Digest.sha256(file: file, check: Interrupt.check))
    if let stamp { known.withLock { $0[file] = (stamp, digest) } }
    return digest
  }

  /// The digests by file.
  func of(_ files: Set<String>) throws -> [String: String] {
    var digests: [String: String] = [:]
    for file in files.sorted() { digests[file] = try of(file) }
    return digests
  }

  func check(_ digests: [String: String], run: String) throws {
    for (file, digest) in digests.sorted(by: { $0.key < $1.key })
    where try of(file) != digest {
      throw Failure(
        .badData,
        "\(file): has changed since the run \(run) first read it;"
          + " restore it, or choose another folder")
    }
  }

  /// Nil for a file written just now: its next change could bear the same time.
  private static func stamp(_ file: String) -> Stamp? {
    var status = stat()
    guard stat(file, &status) == 0, time(nil) - status.st_mtim.tv_sec > 1 else { return nil }
    return Stamp(
      device: status.st_dev, node: status.st_ino, size: status.st_size,
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}
