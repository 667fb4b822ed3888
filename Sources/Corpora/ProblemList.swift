import Basics
import Foundation

/// What is wrong with the files being read: the first of it is thrown, or all of it collected.
struct ProblemList {
  /// The largest file read, in bytes: fewer tokens than a 32-bit number can count.
  static let largestFile = 1 << 32

  /// Whether everything is collected.
  let lenient: Bool
  /// The file being read, as messages call it.
  var file = ""
  private(set) var all: [Problem] = []

  init(lenient: Bool) { self.lenient = lenient }

  /// Whether the last problem is one of the file being read.
  var hasLast: Bool { all.last?.file == file }

  /// Reports what is wrong in line `line`, from 1; 0 for the file as a whole.
  mutating func report(_ line: Int, _ kind: String, _ message: String) throws {
    let problem = Problem(file: file, line: line, kind: kind, message: message)
    guard lenient else { throw Failure(.badData, problem.description) }
    all.append(problem)
  }

  /// Reports that the file cannot be read with `setting` at `value`, because it `has` something.
  mutating func report(setting: String, _ value: String, has: String) throws {
    guard lenient else {
      throw Failure(.usage, setting: setting, value: value, "\(file) has \(has)")
    }
    all.append(
      Problem(
        file: file, line: 0, kind: "settings", message: "\(setting) \(value): the file has \(has)"))
  }

  /// The bytes of `file`; nil after reporting that it cannot be read.
  mutating func read(_ file: String) throws -> Data? {
    try attempt(file) { try Files.readPlain(file, limit: Self.largestFile) }
  }

  /// What `body` reads of `file`; nil after collecting what it throws.
  mutating func attempt<Value>(_ file: String, _ body: () throws -> Value) throws -> Value? {
    do {
      return try body()
    } catch let failure as Failure where lenient {
      let prefix = "\(file): "
      let message = failure.message
      all.append(
        Problem(
          file: file, line: 0, kind: "file",
          message: message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message))
      return nil
    }
  }

  /// Appends what was found in another part of the files.
  mutating func append(_ other: ProblemList) { all += other.all }
}
