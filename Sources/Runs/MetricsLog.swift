import Basics
import Foundation
import Sharing
import Synchronization

/// What is told of everything that a metrics log takes in, in its order; training does not fail by it.
public protocol MetricsObserver: Sendable {
  /// The lines that follow of this stage, task and round come after `epoch`; the rounds before it took
  /// `before` epochs.
  func continues(
    stage: String, task: String?, round: Int?, afterEpoch epoch: Int, before: Int)
  /// The log has taken in `line`.
  func takes(_ line: MetricsLine)
}

/// `metrics/`: what every epoch measured, one JSON object a line, appended as it happens: a file for
/// each stage and task (`prune/ner.jsonl`), so that several processes may work on a run.
///
/// A process killed while writing leaves at most a torn last line, which is dropped, and lines past the
/// last checkpoint, which `rewind` removes, so that after a resume every epoch stands there once.
public final class MetricsLog: Sendable {
  private static let byteLimit = 256 << 20
  private let folder: String
  private let observer: (any MetricsObserver)?
  /// The files that can be appended to: their folder is there, and no torn line.
  private let whole = Mutex<Set<String>>([])

  /// Opens the log in `folder` for writing. The one file of older programs, `folder` with `.jsonl`, is
  /// taken apart first.
  ///
  /// - Parameter observer: who is told of what comes; nil for nobody.
  /// - Throws: `Failure` of kind `badData` naming a line that is no line of such a log.
  public static func open(
    _ folder: String, observer: (any MetricsObserver)? = nil
  ) throws -> MetricsLog {
    try takeApart(oldFile(of: folder), into: folder)
    return MetricsLog(folder, observer)
  }

  private init(_ folder: String, _ observer: (any MetricsObserver)?) {
    self.folder = folder
    self.observer = observer
  }

  /// Appends `line`.
  public func append(_ line: MetricsLine) throws {
    try whole.withLock { whole in
      let path = try Self.path(of: line.folder, in: folder)
      if whole.insert(path).inserted { try Self.makeWhole(path) }
      try Files.append(line.json, to: path)
      observer?.takes(line)
    }
  }

  /// Removes the lines of this stage, task and round that are past `epoch`, the epoch of the
  /// checkpoint from which it continues, with all that follow; 0 removes all of the round.
  ///
  /// - Returns: the lines of the round that are left.
  @discardableResult
  public func rewind(
    stage: String, task: String?, round: Int?, afterEpoch epoch: Int
  ) throws -> [MetricsLine] {
    try whole.withLock { whole in
      let path = try Self.path(of: MetricsLine.folder(stage, task), in: folder)
      if whole.insert(path).inserted { try Self.makeWhole(path) }
      var own: [MetricsLine] = []
      // How far each of the rounds before came.
      var last: [Int: Int] = [:]
      var end: Int?
      if FileManager.default.fileExists(atPath: path) {
        try Self.forEachLine(of: path) { line, offset in
          if line.round == round {
            if line.epoch > epoch { end = end ?? offset }
            if end == nil { own.append(line) }
          } else if let round, let other = line.round, other < round {
            last[other] = max(last[other] ?? 0, line.epoch)
          }
        }
      }
      if let end { try Files.truncate(path, to: end) }
      observer?.continues(
        stage: stage, task: task, round: round, afterEpoch: epoch,
        before: last.values.reduce(0, +))
      return own
    }
  }

  /// The lines of the log in `folder`, none if there is no log yet; torn last lines are left out. In the
  /// order in which stages follow each other, then by task, round and epoch as they were written.
  ///
  /// - Throws: `Failure` of kind `badData` naming a line that is no line of such a log.
  public static func read(_ folder: String) throws -> [MetricsLine] {
    var lines: [MetricsLine] = []
    try forEachLine(in: folder) { lines.append($0) }
    return lines
  }

  /// Calls `body` with the lines that `read` gives, one after the other.
  ///
  /// - Throws: as `read`.
  package static func forEachLine(
    in folder: String, _ body: (MetricsLine) throws -> Void
  ) throws {
    for path in files(of: folder) {
      let name = path.dropFirst(folder.count + 1).dropLast(Self.suffix.count)
      let isOld = path == oldFile(of: folder)
      try forEachLine(of: path) { line, _ in
        guard isOld || line.folder == name else {
          throw Failure(
            .badData,
            "\(path): holds lines of '\(line.folder.prefix(80))'; put them into their own file")
        }
        try body(line)
      }
    }
  }

  /// The files of the log in `folder` that are there, in the order of `read`.
  package static func files(of folder: String) -> [String] {
    let old = oldFile(of: folder)
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    let own = names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") && !$0.contains("/.") }
      .sorted { order(of: $0) < order(of: $1) }
    return (FileManager.default.fileExists(atPath: old) ? [old] : [])
      + own.map { "\(folder)/\($0)" }
  }

  /// Calls `body` with every line of the file at `path` and its offset.
  ///
  /// - Throws: `Failure` of kind `badData` naming a line that is no line of such a log.
  package static func forEachLine(
    of path: String, _ body: (MetricsLine, _ offset: Int) throws -> Void
  ) throws {
    var number = 0
    try Files.forEachLine(of: path, limit: byteLimit) { text, offset in
      number += 1
      guard let line = MetricsLine(json: text) else {
        throw Failure(.badData, "\(path):\(number): is no line of a metrics log")
      }
      try body(line, offset)
    }
  }

  private static let suffix = ".jsonl"

  private static func oldFile(of folder: String) -> String { folder + suffix }

  /// Where the lines of a stage and task stand.
  ///
  /// - Throws: `Failure` of kind `badData` if no file can be called so.
  private static func path(of name: String, in folder: String) throws -> String {
    guard
      name.split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy({ RunDirectory.isSafe(String($0)) })
    else { throw Failure(.badData, "\(folder): nothing can be called '\(name.prefix(80))'") }
    return "\(folder)/\(name)\(suffix)"
  }

  /// Makes the folder of the file at `path`, and drops a torn last line of it.
  private static func makeWhole(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      return try Files.makeFolder((path as NSString).deletingLastPathComponent)
    }
    let end = try Files.forEachLine(of: path, limit: byteLimit) { _, _ in }
    try Files.truncate(path, to: end)
  }

  /// Writes the lines of `file`, if it is there, into files of their own in `folder`. A process that is
  /// killed meanwhile has changed nothing that the next one does not write again.
  private static func takeApart(_ file: String, into folder: String) throws {
    guard FileManager.default.fileExists(atPath: file) else { return }
    var texts: [String: String] = [:]
    try forEachLine(of: file) { line, _ in texts[line.folder, default: ""] += line.json + "\n" }
    for (name, text) in texts {
      let path = try path(of: name, in: folder)
      try Files.makeFolder((path as NSString).deletingLastPathComponent)
      try Files.writeAtomically(Data(text.utf8), to: path)
    }
    guard unlink(file) == 0 else {
      throw Failure(.inputOutput, "\(file): cannot be removed (\(systemError()))")
    }
  }

  /// Warm-up, pruning, then architectures in their order, each one's training before what follows it.
  private static func order(of name: String) -> (Int, Int, String) {
    let parts = name.dropLast(suffix.count).split(separator: "/").map(String.init)
    if parts.first == "warmup" { return (0, 0, name) }
    if parts.first == "prune" { return (1, 0, name) }
    let index = Architecture.all.firstIndex { $0.name == parts.dropFirst().first }
    return (2 + (index ?? Architecture.all.count), parts.first == "train" ? 0 : 1, name)
  }
}
