import Basics

/// What is wrong with the files being read: the first of it is thrown, or all of it collected.
struct ProblemList {
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

  /// Reports that a file cannot be opened.
  mutating func report(unreadable file: String, _ failure: Failure) throws {
    guard lenient else { throw failure }
    let prefix = "\(file): "
    let message = failure.message
    all.append(
      Problem(
        file: file, line: 0, kind: "file",
        message: message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message))
  }

  /// Appends what was found in another part of the files.
  mutating func append(_ other: ProblemList) { all += other.all }
}
