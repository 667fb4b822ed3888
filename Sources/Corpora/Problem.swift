import Basics

/// Something wrong in a data file, and where.
public struct Problem: Hashable, Codable, Sendable, CustomStringConvertible {
  /// The file's name as the user gave it.
  public let file: String
  /// The line, from 1; 0 where the file as a whole is meant.
  public let line: Int
  /// What sort of problem it is, in words: those of one kind and file are counted together.
  public let kind: String
  /// What is wrong, without the place.
  public let message: String

  /// Creates a problem at `file`:`line`.
  public init(file: String, line: Int, kind: String, message: String) {
    self.file = file
    self.line = line
    self.kind = kind
    self.message = message
  }

  public var description: String {
    line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)"
  }
}

/// What problems have in common that are counted together.
private struct Sort: Hashable {
  let file: String
  let kind: String

  init(_ problem: Problem) {
    file = problem.file
    kind = problem.kind
  }
}

extension [Problem] {
  /// How many problems of a kind are listed for a file.
  private static var most: Int { 20 }

  /// The problems in their order, of every kind in a file the first 20 only, followed by one entry
  /// that says how many more there are.
  func capped() -> [Problem] {
    var counts: [Sort: Int] = [:]
    for problem in self { counts[Sort(problem), default: 0] += 1 }
    var seen: [Sort: Int] = [:]
    return flatMap { problem -> [Problem] in
      let sort = Sort(problem)
      seen[sort, default: 0] += 1
      let more = counts[sort]! - Self.most
      if more <= 0 || seen[sort]! < Self.most { return [problem] }
      if seen[sort]! > Self.most { return [] }
      let rest = "\(more) more problem\(more == 1 ? "" : "s") of this kind (\(problem.kind))"
      return [problem, Problem(file: problem.file, line: 0, kind: problem.kind, message: rest)]
    }
  }
}
