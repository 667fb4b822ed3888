import Foundation

/// The system's words for the last failed call.
public func systemError(_ code: Int32 = errno) -> String {
  String(cString: strerror(code))
}

/// Whole-file reading and atomic writing, with failures that name the file.
public enum Files {
  /// The most bytes that are read of what is no regular file.
  private static let streamLimit = 1 << 30

  /// The bytes of the file at `path`.
  ///
  /// - Parameters:
  ///   - path: the file to read.
  ///   - limit: the most bytes it may have.
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` if it is larger
  ///   than `limit`.
  public static func read(_ path: String, limit: Int = .max - 1) throws -> Data {
    guard !isFolder(path) else {
      throw Failure(.missingInput, "\(path): is a folder, a file is needed")
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    defer { close(file) }
    return try read(file, named: path, limit: limit)
  }

  /// The bytes that standard input gives, called so in messages.
  ///
  /// - Throws: as `read(_:limit:)`.
  public static func readStandardInput(limit: Int) throws -> Data {
    try read(STDIN_FILENO, named: "standard input", limit: limit)
  }

  /// What can be read of the open `file`; of what is no regular file, and may have no end, at most
  /// `streamLimit` bytes.
  private static func read(_ file: Int32, named path: String, limit: Int) throws -> Data {
    var status = stat()
    let isKnown = fstat(file, &status) == 0
    let isRegular = isKnown && status.st_mode & S_IFMT == S_IFREG
    // What is read must leave room for what is made of it.
    let limit = min(isRegular ? limit : min(limit, streamLimit), max(Memory.limit / 2, 1 << 28))
    let expected = isKnown ? Int(status.st_size) : 0
    func tooLarge() -> Failure {
      Failure(
        .badData,
        isRegular
          ? "\(path): is larger than the \(limit) bytes such a file may have"
          : "\(path): is no regular file, of which at most \(limit) bytes are read")
    }
    guard expected <= limit else { throw tooLarge() }
    // A file tells its size, and one byte more shows its end; a pipe is read as it comes.
    var room = min(max(expected, 1 << 16), limit) + 1
    var bytes = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
    var count = 0
    while true {
      let got = Foundation.read(file, bytes + count, room - count)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        let code = errno
        bytes.deallocate()
        guard ![EBADF, EISDIR].contains(code) else {
          throw Failure(.missingInput, "\(path): cannot be read (\(systemError(code)))")
        }
        throw Failure(.inputOutput, "\(path): reading broke off (\(systemError(code)))")
      }
      count += got
      guard count <= limit else {
        bytes.deallocate()
        throw tooLarge()
      }
      if got == 0 { break }
      if count == room {
        room = min(2 * room, limit + 1)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
        larger.copyMemory(from: bytes, byteCount: count)
        bytes.deallocate()
        bytes = larger
      }
    }
    return Data(
      bytesNoCopy: bytes, count: count, deallocator: .custom { bytes, _ in bytes.deallocate() })
  }

  /// Checks that the file at `path` can be read, without looking into it: better before hours of
  /// work than behind them.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot, or is a folder.
  public static func requireReadable(_ path: String) throws {
    guard access(path, R_OK) == 0 else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    guard !isFolder(path) else {
      throw Failure(.missingInput, "\(path): is a folder, a file is needed")
    }
  }

  /// Checks that `path` is a regular file, which can be read again, before anything waits for a pipe.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, is a folder or anything else.
  public static func requireRegular(_ path: String) throws {
    try requireReadable(path)
    guard isRegular(path) else {
      throw Failure(
        .missingInput,
        "\(path): a regular file is needed, which can be read again; write what comes from a pipe or "
          + "device to one")
    }
  }

  /// Checks that a file can be put at `path`, as far as that can be told without doing it: its
  /// folder is there, and no folder bears its name.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if it cannot.
  public static func requireWritable(_ path: String) throws {
    func refuse(_ reason: String) -> Failure {
      Failure(.cannotCreate, "\(path): cannot be created (\(reason))")
    }
    var status = stat()
    if stat(path, &status) != 0, errno == ELOOP { throw refuse(systemError(ELOOP)) }
    let place: String
    switch OutputFile(path) {
    case .stream: return
    case .special(let special):
      guard access(special, W_OK) == 0 else { throw refuse(systemError()) }
      return
    case .file(let file): place = file
    }
    if isFolder(place) { throw refuse(systemError(EISDIR)) }
    let (_, temporary) = temporary(for: place)
    let file = openNew(temporary)
    guard file >= 0 else { throw refuse(systemError()) }
    close(file)
    unlink(temporary)
  }

  /// Whether `path` is a file, neither a folder nor a pipe or device; true for what is not there.
  public static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether `path` is a folder.
  public static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Checks that the open `file`, which is changed in its place, has no other name than `path`: that
  /// would be changed too, a copy of the run made with hard links, or anything else.
  ///
  /// - Throws: `Failure` of kind `badData`.
  static func requireOneName(_ file: Int32, _ path: String) throws {
    var status = stat()
    guard fstat(file, &status) != 0 || status.st_nlink <= 1 else {
      throw Failure(
        .badData,
        "\(path): has another name (a hard link), which would be changed too; put a copy in its place"
      )
    }
  }

  /// Makes the folder at `path` and those above it, if they are not there, so that they are there even
  /// after a crash: whoever makes one syncs the folder it is in.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` naming the folder that cannot be made.
  public static func makeFolder(_ path: String) throws {
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if mkdir(path, 0o777) == 0 { return try syncFolder(parent) }
    let code = errno
    if isFolder(path) { return }
    guard code == ENOENT, !path.isEmpty, parent != path else {
      throw Failure(
        .cannotCreate, "\(path): the folder cannot be created (\(systemError(code)))")
    }
    try makeFolder(parent)
    // Once more and no more: there are places, as in /proc, where no folder can be made.
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw Failure(.cannotCreate, "\(path): the folder cannot be created (\(systemError()))")
    }
    try syncFolder(parent)
  }

  /// Removes what writes into `folder` and the folders below it left unfinished when their
  /// process was killed; what a living process writes there stays.
  public static func removeUnfinished(in folder: String) {
    guard let names = FileManager.default.enumerator(atPath: folder) else { return }
    for case let name as String in names where isLeftOver(name) { unlink("\(folder)/\(name)") }
  }

  /// The folder of `path`, and the file in it that is written first.
  static func temporary(for path: String) -> (folder: String, file: String) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    // Processes of several machines may write into a folder.
    let writer = "\(Host.identity).\(getpid())"
    return (folder, "\(folder)/.\(url.lastPathComponent).\(writer).tmp")
  }

  /// Whether the last part of `path` is a name that `writeAtomically` gives a temporary file, of a
  /// process of this machine that is no more, or of this one.
  private static func isLeftOver(_ path: String) -> Bool {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 4, parts[0].isEmpty, parts.last == "tmp",
      parts[parts.count - 3] == Host.identity, let process = Int32(parts[parts.count - 2])
    else { return false }
    return process <= 0 || process == getpid() || (kill(process, 0) != 0 && errno == ESRCH)
  }

  /// Syncs the folder `path` after an entry of it has changed.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if the system could not; where it knows no such call, or
  ///   the folder may not be read, the entry is left to the file system.
  static func syncFolder(_ path: String) throws {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      if errno == EACCES { return }
      throw Failure(.inputOutput, "\(path): cannot be synced (\(systemError()))")
    }
    defer { close(folder) }
    guard fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP else {
      throw Failure(.inputOutput, "\(path): cannot be synced (\(systemError()))")
    }
  }
}
