import Foundation

extension Files {
  /// An open file that `writeAtomically(to:_:)` will put in place once it is complete.
  public struct Writer {
    fileprivate let file: Int32
    fileprivate let path: String

    /// Appends `bytes` to the file.
    ///
    /// - Throws: `Failure` of kind `inputOutput` if the system cannot take them (disk full).
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
      try writeAll(bytes, to: file, named: path)
    }

    /// Appends `bytes` to the file.
    ///
    /// - Throws: `Failure` of kind `inputOutput` if the system cannot take them (disk full).
    public func write(_ bytes: some ContiguousBytes) throws {
      try bytes.withUnsafeBytes { try writeAll($0, to: file, named: path) }
    }
  }

  /// Writes `data` to `path` so that a reader finds either the old file or the whole new one,
  /// even after a crash: temporary file, fsync, rename, fsync of the folder.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if nothing could be begun, `inputOutput` if
  ///   writing broke off; the old file, if any, is untouched and the temporary one removed.
  public static func writeAtomically(_ data: Data, to path: String) throws {
    try writeAtomically(to: path) { try $0.write(data) }
  }

  /// Writes `data` to `path`, which the user has given, as `OutputFile` says: a file as
  /// `writeAtomically` does, behind links; a device, a pipe or an open stream in place.
  ///
  /// - Throws: as `writeAtomically`.
  public static func writeResult(_ data: Data, to path: String) throws {
    try writeResult(to: path) { try $0.write(data) }
  }

  /// Writes what `body` writes to `path`, which the user has given, as the whole-data version.
  ///
  /// - Throws: what `body` throws, and as `writeAtomically`.
  public static func writeResult(to path: String, _ body: (Writer) throws -> Void) throws {
    let place = OutputFile(path)
    guard let file = try place.openInPlace() else {
      guard case .file(let target) = place else { return }
      return try writeAtomically(to: target, named: path, body)
    }
    defer { close(file) }
    try body(Writer(file: file, path: path))
  }

  /// Writes what `body` writes to `path`, piece by piece and as atomically as the whole-data
  /// version; a link there is replaced, not followed.
  ///
  /// - Throws: what `body` throws, `Failure` of kind `cannotCreate` if nothing could be begun or
  ///   something other than a file is there, `inputOutput` if writing broke off; the old file, if any,
  ///   is untouched and the temporary one removed.
  public static func writeAtomically(to path: String, _ body: (Writer) throws -> Void) throws {
    try writeAtomically(to: path, named: path, body)
  }

  /// - Parameter name: what messages call `path`.
  private static func writeAtomically(
    to path: String, named name: String, _ body: (Writer) throws -> Void
  ) throws {
    var status = stat()
    guard
      lstat(path, &status) != 0 || [S_IFREG, S_IFLNK, S_IFDIR].contains(status.st_mode & S_IFMT)
    else {
      throw Failure(
        .cannotCreate, "\(name): cannot be created (something that is no file is there)")
    }
    let (folder, temporary) = temporary(for: path)
    let file = openNew(temporary)
    guard file >= 0 else {
      throw Failure(.cannotCreate, "\(name): cannot be created (\(systemError()))")
    }
    do {
      try body(Writer(file: file, path: name))
      guard fsync(file) == 0 else { throw broken(name) }
    } catch {
      close(file)
      unlink(temporary)
      throw error
    }
    close(file)
    guard rename(temporary, path) == 0 else {
      let failure = Failure(.cannotCreate, "\(name): cannot be created (\(systemError()))")
      unlink(temporary)
      throw failure
    }
    try syncFolder(folder)
  }

  /// Writes `data` to `path` as `writeAtomically` does, unless something is there already: of several
  /// processes that try, the first one does it.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput` as `writeAtomically`.
  public static func writeOnce(_ data: Data, to path: String) throws {
    if try createNew(data, at: path) { try syncFolder(temporary(for: path).folder) }
  }

  /// Makes the file at `path` with `data`, whole at once.
  ///
  /// - Returns: false if something is there already; of several processes that try, one makes it.
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput`.
  package static func createNew(_ data: Data, at path: String) throws -> Bool {
    let (_, complete) = temporary(for: path)
    try writeAtomically(data, to: complete)
    defer { unlink(complete) }
    if link(complete, path) == 0 { return true }
    let code = errno
    // Over a network the answer may be lost and the call made again.
    var status = stat()
    if stat(complete, &status) == 0, status.st_nlink == 2 { return true }
    if code == EEXIST { return false }
    // FAT and some file systems of networks have no links.
    return try writeNew(data, to: path)
  }

  /// Writes `data` to `path`, unless something is there; a reader may find it half written.
  ///
  /// - Returns: false if something is there.
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput`; nothing is left behind.
  @discardableResult
  package static func writeNew(_ data: Data, to path: String) throws -> Bool {
    let file = openNew(path, replacing: false)
    guard file >= 0 else {
      if errno == EEXIST { return false }
      throw Failure(.cannotCreate, "\(path): cannot be created (\(systemError()))")
    }
    defer { close(file) }
    do {
      try data.withUnsafeBytes { try writeAll($0, to: file, named: path) }
      guard fsync(file) == 0 else { throw broken(path) }
    } catch {
      unlink(path)
      throw error
    }
    return true
  }

  /// Appends one line to the file at `path`, made if needed, in a single write.
  public static func append(_ line: String, to path: String) throws {
    try append(Data((line + "\n").utf8), to: path)
  }

  /// Appends `data` to the file at `path`, made if needed, in a single write.
  ///
  /// - Parameter followingLinks: whether it may be reached through a symbolic link.
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput`; the file is as it was.
  public static func append(
    _ data: Data, to path: String, followingLinks: Bool = false
  ) throws {
    let links = followingLinks ? 0 : O_NOFOLLOW
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | links, 0o644)
    guard file >= 0 else {
      throw Failure(.cannotCreate, "\(path): cannot be created (\(systemError()))")
    }
    defer { close(file) }
    if !followingLinks { try requireOneName(file, path) }
    let size = lseek(file, 0, SEEK_END)
    do {
      try data.withUnsafeBytes {
        try writeAll($0, to: file, named: path, orElse: "nothing was added")
      }
    } catch {
      // Half a line would spoil the next one.
      if size >= 0 { ftruncate(file, size) }
      throw error
    }
  }

  /// Opens a new file at `path` for writing; negative if that cannot be. Whatever stands there, a left-over
  /// of a process that had this one's number or a link, is removed and never written through.
  static func openNew(_ path: String, replacing: Bool = true) -> Int32 {
    if replacing { unlink(path) }
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
  }

  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to file: Int32, named path: String,
    orElse outcome: String = "nothing was replaced"
  ) throws {
    var done = 0
    while done < bytes.count {
      let n = write(file, bytes.baseAddress! + done, bytes.count - done)
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw broken(path, outcome) }
      done += n
    }
  }

  private static func broken(_ path: String, _ outcome: String = "nothing was replaced") -> Failure
  {
    Failure(.inputOutput, "\(path): writing broke off (\(systemError())); \(outcome)")
  }
}
