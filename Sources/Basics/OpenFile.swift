import Foundation

/// A regular file that is read piece by piece, each piece straight to where it is needed.
///
/// What has been opened stays the same file even if another is put in its place.
final class OpenFile: Sendable {
  /// Bytes.
  let size: Int
  private let descriptor: Int32
  private let path: String

  /// Opens the file at `path`; nil if it is none of its kind (a pipe, a folder, not there).
  init?(_ path: String) {
    // A pipe that was opened and closed here would be gone for who reads it then.
    descriptor = Files.isRegular(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1
    self.path = path
    var status = stat()
    let isFile =
      descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    size = isFile ? Int(status.st_size) : 0
    guard isFile else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Fills `buffer` with the bytes from `offset`.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if the file has become shorter or cannot be read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < buffer.count {
      let got = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else {
        throw Failure(.inputOutput, "\(path): reading broke off (\(systemError()))")
      }
      done += got
    }
  }
}
