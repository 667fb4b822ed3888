import Batches

/// The labels of a task that do not occur in its training data, as the files write them.
///
/// Networks know labels in the encoding they are trained in, which may lack one that the files
/// have, or have one in more places; what users are told is counted here and nowhere else. A file
/// in another scheme than that of training is read in that of training.
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
    try self.init(
      data.encoded.corpus, training: training.encoded.corpus, task: data.task.name,
      scheme: data.task.scheme)
  }

  /// - Parameter scheme: that of `training`.
  init(_ corpus: Corpus, training: Corpus, task: String, scheme: LabelScheme) throws {
    let column = try corpus.task(task)
    var (read, known) = (column, try training.task(task).table)
    if column.table.strings.contains(where: { known.id(of: $0) == nil }),
      try ![scheme, .plain].contains(LabelScheme.detect([corpus], task: task))
    {
      read = column.recoded(from: scheme, to: scheme, in: corpus)
      known = try training.task(task).recoded(from: scheme, to: scheme, in: training).table
    }
    let isUnseen = read.table.strings.map { known.id(of: $0) == nil }
    let unseen = zip(column.labels, read.labels).filter { isUnseen[Int($0.1)] }.map(\.0)
    self.task = task
    level = column.level
    labels = Set(unseen).map { column.table[$0] }.sorted()
    count = unseen.count
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
