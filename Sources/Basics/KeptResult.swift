import Foundation

/// A result in a file, with what it was computed from, so that it need not be computed again.
///
/// Such a file is never needed: one that is damaged, or was computed from anything else or by another
/// version of the program, is as good as none. The digest in it tells damage, not forgery: whoever
/// writes a file with digests that fit is believed, so that users of `Content` check what could harm.
package struct KeptResult<Content: Codable> {
  /// The files that the result is computed from, by names that do not depend on where they stand.
  package typealias Inputs = [(name: String, path: String)]

  private struct Record: Codable {
    let settings: String
    var inputs: [InputFile]
    let content: Content
  }

  /// The most bytes of a file.
  private static var limit: Int { 1 << 30 }

  private let path: String
  private let settings: String
  private let inputs: Inputs

  /// The result at `path`.
  ///
  /// - Parameters:
  ///   - settings: what it is computed with beside `inputs` and this version of the program; the
  ///     format of `Content` belongs to it.
  ///   - inputs: every file it is computed from.
  package init(_ path: String, settings: String, inputs: Inputs) {
    self.path = path
    self.settings = Digest.hex(
      Digest.sha256(Data("\(Program.version)\n\(settings)".utf8)))
    self.inputs = inputs
  }

  /// The result, if it is there whole and its inputs are what they were.
  package func read() -> Content? {
    guard isFile != false, let data = try? Files.read(path, limit: Self.limit) else { return nil }
    // The first line is the digest of the rest, in hexadecimal.
    let body = data.dropFirst(65)
    guard data.prefix(65) == Self.head(body),
      var record = try? JSONDecoder().decode(Record.self, from: body),
      record.settings == settings, record.inputs.map(\.name) == inputs.map(\.name)
    else { return nil }
    let confirmed = zip(record.inputs, inputs).map { $0.confirmed(at: $1.path) }
    guard confirmed.allSatisfy({ $0 != nil }) else { return nil }
    let now = confirmed.compactMap(\.self)
    if now != record.inputs {
      // Next time their times will do.
      record.inputs = now
      write(record)
    }
    return record.content
  }

  /// Computes the result and keeps it, if the folder can be written to and inputs have not changed
  /// meanwhile.
  package func write(_ compute: () throws -> Content) throws -> Content {
    let read = try? inputs.map { try InputFile($0.name, at: $0.path) }
    let content = try compute()
    if let read, zip(read, inputs).allSatisfy({ $0.confirmed(at: $1.path) != nil }) {
      write(Record(settings: settings, inputs: read, content: content))
    }
    return content
  }

  private func write(_ record: Record) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let folder = (path as NSString).deletingLastPathComponent
    guard isFile != false, let body = try? encoder.encode(record), body.count < Self.limit,
      (try? Files.makeFolder(folder)) != nil
    else { return }
    try? Files.writeAtomically(Self.head(body) + body, to: path)
  }

  /// Whether a file, no link or pipe, stands there; nil if nothing does.
  private var isFile: Bool? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFREG
  }

  private static func head(_ body: Data) -> Data {
    Data((Digest.hex(Digest.sha256(body)) + "\n").utf8)
  }
}
