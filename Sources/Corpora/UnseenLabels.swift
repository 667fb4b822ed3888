import Batches

/// The labels of a task that do not occur in its training data, as the files write them.
///
/// Networks know labels in the encoding they are trained in, which may lack one that the files
/// have, or have one in more places; what users are told is counted here and nowhere else.
public struct UnseenLabels: Hashable, Sendable {
  /// The task's name.
  public let task: String
  /// The labels, sorted.
  public let labels: [String]
  /// How many tokens, or texts, bear one of them.
  public let count: Int
  private let level: LabelLevel

  /// Looks for labels of `data` that `training`, the same task's, does not have.
  ///
  /// - Throws: `Failure` of kind `usage` if a corpus lacks the task.
  public init(_ data: TaskData, training: TaskData) throws {
    self.init(
      try data.encoded.corpus.task(data.task.name),
      training: try training.encoded.corpus.task(data.task.name))
  }

  init(_ column: TaskColumn, training: TaskColumn) {
    let labels = column.table.strings
    let isUnseen = labels.map { training.table.id(of: $0) == nil }
    task = column.name
    level = column.level
    self.labels = zip(labels, isUnseen).filter(\.1).map(\.0).sorted()
    count = column.labels.count { isUnseen[Int($0)] }
  }

  /// One line for the user, nil if there are none.
  ///
  /// - Parameters:
  ///   - split: what `data` are: `dev`, `test`.
  ///   - domain: which domain's, if there are several.
  public func warning(split: String, domain: String? = nil) -> String? {
    guard count > 0 else { return nil }
    let tokens = "\(count) \(split) \(level.rawValue)\(count == 1 ? "" : "s")"
    let shown = labels.prefix(5).joined(separator: ", ") + (labels.count > 5 ? ", …" : "")
    return "task \(task): \(tokens)\(domain.map { " of \($0)" } ?? "") with labels unseen in "
      + "training (\(shown)), which count as errors"
  }
}
