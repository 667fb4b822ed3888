import Foundation

/// Where a result goes whose path the user has given.
///
/// A regular file is replaced at once and whole; behind symbolic links that is the file they lead to,
/// so that the links stay. A device or a pipe is written to and stays. So is what a process has open
/// by the names that systems give it (`/dev/stdout`, `/dev/fd/3`), file or not: who opened it goes on
/// writing behind the result.
enum OutputFile {
  /// A new or regular file, with no link left at the end of its path.
  case file(String)
  /// Something that is no regular file.
  case special(String)
  /// A stream that this process has open.
  case stream(Int32)

  /// Links that are followed, as many as Linux does.
  private static let mostLinks = 40

  /// Finds out what `path` is; without rights to look at it, a file.
  init(_ path: String) {
    var place = path
    for _ in 0..<Self.mostLinks {
      if let stream = Self.stream(place) {
        self = stream
        return
      }
      guard let target = Self.target(ofLink: place) else { break }
      place = target
    }
    var status = stat()
    let isSpecial =
      stat(place, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    self = isSpecial ? .special(place) : .file(place)
  }

  /// An open stream of a process, if that is what `place` stands for: another process's is no
  /// different from a device.
  private static func stream(_ place: String) -> OutputFile? {
    let url = URL(fileURLWithPath: place)
    guard let folder = realpath(url.deletingLastPathComponent().path, nil) else { return nil }
    defer { free(folder) }
    let parts = String(cString: folder).split(separator: "/")
    guard parts.count >= 3, parts[0] == "proc", parts.last == "fd",
      let process = Int32(parts[1]), let number = Int32(url.lastPathComponent)
    else { return nil }
    return process == getpid() ? .stream(number) : .special(place)
  }

  /// Where the symbolic link at `place` leads, nil if it is none.
  private static func target(ofLink place: String) -> String? {
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else {
      return nil
    }
    if target.hasPrefix("/") { return target }
    return URL(fileURLWithPath: place).deletingLastPathComponent().path + "/" + target
  }

  /// Opens a stream or something special for writing, behind what is there; nil for a file.
  ///
  /// - Throws: `Failure` of kind `cannotCreate`.
  func openInPlace() throws -> Int32? {
    let file: Int32
    switch self {
    case .file: return nil
    case .special(let place): file = open(place, O_WRONLY | O_APPEND | O_CLOEXEC)
    case .stream(let number): file = fcntl(number, F_DUPFD_CLOEXEC, 0)
    }
    guard file >= 0 else {
      throw Failure(.cannotCreate, "\(name): cannot be written (\(systemError()))")
    }
    return file
  }

  private var name: String {
    switch self {
    case .file(let place), .special(let place): place
    case .stream(let number): "/dev/fd/\(number)"
    }
  }
}
