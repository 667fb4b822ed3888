import Basics
import Foundation

/// A folder of its own for one test, removed with the last reference to it.
package final class Scratch: Sendable {
  /// Where it is.
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "tickets-" + UUID().uuidString
    try Files.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in the folder.
  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult package func file(_ name: String, _ text: String) throws -> String {
    try Files.makeFolder((path(name) as NSString).deletingLastPathComponent)
    try Files.writeAtomically(Data(text.utf8), to: path(name))
    return path(name)
  }

  /// The text of a file of JSON without its digest, to be changed.
  package func unsealed(_ name: String) throws -> String {
    String(decoding: try SealedJSON.read(path(name), limit: 1 << 24), as: UTF8.self)
  }

  /// The text of a file.
  package func text(_ name: String) throws -> String {
    String(decoding: try Files.read(path(name)), as: UTF8.self)
  }
}

/// The failure `body` ends with, for its kind and message to be looked at.
package func failure(_ body: () throws -> some Any) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure
  }
}
