import Foundation
import Synchronization

/// SHA-256 digests of files, each computed once a process while the file stays as it is.
package enum FileDigests {
  /// What tells that a file has not been written since.
  private struct Stamp: Hashable {
    let device: dev_t, node: ino_t, size: off_t
    let modified: Int, modifiedNanoseconds: Int, changed: Int, changedNanoseconds: Int

    /// Nil for a file written just now: its next change could bear the same time.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0,
        time(nil) - max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) > 1
      else { return nil }
      (device, node, size) = (status.st_dev, status.st_ino, status.st_size)
      (modified, modifiedNanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
      (changed, changedNanoseconds) = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
    }
  }

  private static let known = Mutex<[Stamp: String]>([:])

  /// The digest of the file at `path` in hexadecimal.
  ///
  /// - Parameter check: called before every piece that is read; may throw to stop.
  /// - Throws: as `Digest.sha256(file:check:)`.
  package static func hex(_ path: String, check: () throws -> Void = {}) throws -> String {
    let stamp = Stamp(path)
    if let stamp, let found = known.withLock({ $0[stamp] }) { return found }
    let digest = Digest.hex(try Digest.sha256(file: path, check: check))
    if let stamp { known.withLock { $0[stamp] = digest } }
    return digest
  }
}
