import Basics
import Foundation

/// The one process that may change a run: an advisory lock on `RUN/lock`.
///
/// The system lets go of it when the process ends, however it ends, so no lock is ever left over.
public final class RunLock: Sendable {
  private let file: Int32

  private init(file: Int32) { self.file = file }

  /// Takes the lock of the run in the existing folder `run`.
  ///
  /// - Throws: `Failure` of kind `busy` naming the process that holds it, `cannotCreate` if the
  ///   folder cannot be written.
  public static func take(run: String) throws -> RunLock {
    let path = run + "/lock"
    // A link would have another file emptied, and opening a pipe may never end.
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
    guard file >= 0 else {
      throw Failure(.cannotCreate, "\(path): cannot be created (\(systemError()))")
    }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1
    else {
      close(file)
      throw Failure(.badData, "\(path): is no file of its own; remove it")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = holder(file)
      close(file)
      guard code == EWOULDBLOCK else {
        throw Failure(.inputOutput, "\(path): cannot be locked (\(systemError(code)))")
      }
      throw Failure(
        .busy, "\(run): is in use by \(holder); wait for it or stop it, then run this again")
    }
    let text = Array("\(getpid())\n".utf8)
    // The number is only for the message above: a full disk must not keep the user out.
    if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
    return RunLock(file: file)
  }

  deinit { close(file) }

  /// When the lock of the run in the folder `run` was last taken, in Unix seconds; nil if it never was.
  package static func taken(run: String) -> Double? {
    var status = stat()
    return stat(run + "/lock", &status) == 0 ? Double(status.st_mtim.tv_sec) : nil
  }

  /// The process on this machine that holds the lock of the run in the folder `run`, nil if there is
  /// none. Only looks: the lock is not touched, so that nobody is kept from taking it.
  ///
  /// The system lists who holds which file's lock; where it does not, a living process that is
  /// noted in the lock counts.
  package static func process(workingOn run: String) -> Int? {
    let path = run + "/lock"
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let text = try? Files.read(path, limit: 64),
      let process = Int32(
        String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)),
      process > 0
    else { return nil }
    guard let table = try? Files.read("/proc/locks", limit: 1 << 24) else {
      return kill(process, 0) == 0 || errno == EPERM ? Int(process) : nil
    }
    let isHeld = String(decoding: table, as: UTF8.self).split(separator: "\n").contains { line in
      // As in `1: FLOCK ADVISORY WRITE 4711 08:01:123456 0 EOF`.
      let fields = line.split(separator: " ")
      return fields.count >= 6 && fields[1] == "FLOCK" && fields[4] == "\(process)"
        && fields[5].split(separator: ":").last == "\(status.st_ino)"
    }
    return isHeld ? Int(process) : nil
  }

  private static func holder(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(file, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    guard let process = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      return "another process"
    }
    return "process \(process)"
  }
}
