import Foundation

/// A file that a result was computed from, as it was then.
package struct InputFile: Codable, Hashable, Sendable {
  /// What the result calls it.
  package let name: String
  private let size: Int64
  /// When contents and status were changed, in nanoseconds since 1970; nil for a file that was
  /// changed just before: its next change could bear the same time.
  private let modified: Int64?, changed: Int64?
  /// SHA-256 in hexadecimal.
  private let digest: String

  /// What tells without reading a file that it has not been written since.
  private struct Stamp {
    let size: Int64
    let modified: Int64?, changed: Int64?

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      size = Int64(status.st_size)
      let isOld = time(nil) - max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) > 1
      modified = isOld ? Self.nanoseconds(status.st_mtim) : nil
      changed = isOld ? Self.nanoseconds(status.st_ctim) : nil
    }

    /// Nil for a time that no clock of this machine shows.
    private static func nanoseconds(_ time: timespec) -> Int64? {
      let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
      return overflow ? nil : seconds &+ Int64(time.tv_nsec)
    }
  }

  /// The file at `path` as it is now.
  ///
  /// - Throws: `Failure` if it cannot be read.
  package init(_ name: String, at path: String) throws {
    guard let stamp = Stamp(path) else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    self.init(name, stamp, digest: try FileDigests.hex(path))
  }

  private init(_ name: String, _ stamp: Stamp, digest: String) {
    self.name = name
    (size, modified, changed) = (stamp.size, stamp.modified, stamp.changed)
    self.digest = digest
  }

  /// The same, with its times of now, if the file at `path` still holds the same bytes; it is read
  /// only if its times leave that open. Nil if it does not, or cannot be read.
  package func confirmed(at path: String) -> InputFile? {
    guard let stamp = Stamp(path), stamp.size == size else { return nil }
    if let modified, let changed, modified == stamp.modified, changed == stamp.changed {
      return self
    }
    guard let now = try? FileDigests.hex(path), now == digest else { return nil }
    return InputFile(name, stamp, digest: digest)
  }
}
