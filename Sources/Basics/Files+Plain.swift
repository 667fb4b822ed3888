import Foundation

extension Files {
  /// The bytes of the file at `path`, which a program like this one has made: no link is followed, and no
  /// pipe waited for.
  ///
  /// - Throws: as `read(_:limit:)`, and `Failure` of kind `badData` if something other than a file is there.
  package static func readOwn(_ path: String, limit: Int) throws -> Data {
    var status = stat()
    guard lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.badData, "\(path): is no file; remove it")
    }
    return try read(path, limit: limit)
  }

  /// Checks that in `folder` and the folders below it there is nothing but files and folders: what is
  /// reached through a symbolic link is not what was sent, and a pipe may never end. The folder itself
  /// may be reached through a link; one that is not there has nothing in it.
  ///
  /// - Throws: `Failure` of kind `badData` naming the entry, or a folder that cannot be looked through.
  package static func requirePlain(in folder: String) throws {
    func hidden(_ path: String) -> Failure {
      Failure(
        .badData,
        "\(path): cannot be looked through (\(systemError())); get the rights, or copy what you may "
          + "read")
    }
    guard let entries = opendir(folder) else {
      if errno == ENOENT { return }
      throw hidden(folder)
    }
    defer { closedir(entries) }
    while true {
      errno = 0
      guard let entry = readdir(entries) else {
        guard errno == 0 else { throw hidden(folder) }
        return
      }
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      let path = "\(folder)/\(name)"
      // Most file systems tell at once.
      switch Int(entry.pointee.d_type) {
      case DT_REG: continue
      case DT_DIR:
        try requirePlain(in: path)
        continue
      default: break
      }
      var status = stat()
      guard lstat(path, &status) == 0 else {
        // Another process may have removed it meanwhile.
        if errno == ENOENT { continue }
        throw hidden(path)
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG: break
      case S_IFDIR: try requirePlain(in: path)
      case S_IFLNK:
        throw Failure(
          .badData, "\(path): is a symbolic link; put the file or folder itself in its place")
      default: throw Failure(.badData, "\(path): is neither a file nor a folder; remove it")
      }
    }
  }
}
