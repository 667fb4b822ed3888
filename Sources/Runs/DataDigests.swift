import Basics

/// SHA-256 digests of data files in hexadecimal.
enum DataDigests {
  /// The digests by file.
  static func of(_ files: Set<String>) throws -> [String: String] {
    var digests: [String: String] = [:]
    for file in files.sorted() { digests[file] = try of(file) }
    return digests
  }

  /// Checks that files have the `digests` that the run in the folder `run` has noted.
  ///
  /// - Throws: `Failure` of kind `badData` naming a file that has changed.
  static func check(_ digests: [String: String], run: String) throws {
    for (file, digest) in digests.sorted(by: { $0.key < $1.key })
    where try of(file) != digest {
      throw Failure(
        .badData,
        "\(file): has changed since the run \(run) first read it;"
          + " restore it, or choose another folder")
    }
  }

  private static func of(_ file: String) throws -> String {
    try Files.requireRegular(file)
    return try FileDigests.hex(file, check: Interrupt.check)
  }
}
