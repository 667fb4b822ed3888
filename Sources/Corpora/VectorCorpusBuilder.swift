import Basics
import Batches
import Foundation

/// How files of feature vectors are to be read.
public struct VectorFormat: Hashable, Codable, Sendable {
  /// The tasks, in the order given.
  public let tasks: [TaskSource]

  /// Creates a format.
  ///
  /// - Throws: `Failure` of kind `usage` for a task that is none of vectors, bad or repeated names,
  ///   or labels in the vectors' own tensor.
  public init(tasks: [TaskSource]) throws {
    try TaskSource.checkNames(tasks)
    for task in tasks {
      guard case .vector = task.source else {
        throw Failure(
          .usage, setting: "tasks", value: task.option, "files of vectors have no such labels")
      }
      guard task.tensor != FeatureTable.tensor else {
        throw Failure(.usage, setting: "tasks", value: task.option, "the tensor holds the vectors")
      }
    }
    self.tasks = tasks
  }
}

extension TaskSource {
  /// The tensor of the labels in a file of vectors.
  fileprivate var tensor: String {
    if case .vector(let tensor?) = source { tensor } else { name }
  }
}

/// Puts files of feature vectors together into a corpus; stops at the first problem, or collects
/// one a file.
///
/// A vector is one sentence of one token, whose form is empty.
struct VectorCorpusBuilder {
  let format: VectorFormat
  private(set) var corpus: Corpus
  private(set) var problems: ProblemList

  init(format: VectorFormat, lenient: Bool) {
    self.format = format
    problems = ProblemList(lenient: lenient)
    corpus = Corpus(tasks: format.tasks)
    corpus.hasWords = false
    corpus.forms.intern("")
  }

  mutating func add(file: String) throws {
    corpus.files.append(file)
    let (format, corpus) = (format, corpus)
    let read = try problems.attempt(file) {
      try Content(SafeTensors(contentsOf: file), format, after: corpus)
    }
    if let read { append(read) }
  }

  mutating func add(_ data: Data, named name: String) throws {
    corpus.files.append(name)
    append(try Content(SafeTensors(data: data, named: name), format, after: corpus))
  }

  /// What one file holds, checked against the files before it.
  private struct Content {
    let features: FeatureTable
    /// By task.
    let labels: [Labels]

    init(_ file: SafeTensors, _ format: VectorFormat, after corpus: Corpus) throws {
      features = try FeatureTable(file)
      if let known = corpus.features, known.dimension != features.dimension {
        throw file.refuse(
          FeatureTable.tensor,
          "has \(features.dimension) numbers a row, but \(known.dimension) in \(corpus.files[0])")
      }
      var labels: [Labels] = []
      for (task, column) in zip(format.tasks, corpus.tasks) {
        let found = try Labels(file, task.tensor, rows: features.rowCount)
        guard corpus.features == nil || column.kind == found.kind else {
          throw file.refuse(
            task.tensor,
            "is one of \(found.kind.rawValue), but of \(column.kind.rawValue) in "
              + "\(corpus.files[0])")
        }
        labels.append(found)
      }
      self.labels = labels
    }
  }

  /// The labels of one task in one file: whole numbers are classes, others values.
  private enum Labels {
    case classes([Int64])
    case values([Float])

    var kind: TaskKind { if case .values = self { .regression } else { .classification } }

    init(_ file: SafeTensors, _ name: String, rows: Int) throws {
      let entry = try file.require(name, dimensions: 1)
      guard entry.count == rows else {
        throw file.refuse(
          name, "has \(entry.count) labels for \(rows) rows of '\(FeatureTable.tensor)'")
      }
      func integers<Number: FixedWidthInteger>(_: Number.Type) throws -> Labels {
        try file.withBytes(of: name) { bytes in
          .classes(
            (0..<rows).map {
              Int64(
                Number(
                  littleEndian: bytes.loadUnaligned(
                    fromByteOffset: $0 * entry.type.byteCount, as: Number.self)))
            })
        }
      }
      switch entry.type {
      case .f32: self = .values(try file.finiteFloats(entry))
      case .i64: self = try integers(Int64.self)
      case .i32: self = try integers(Int32.self)
      case .u8, .bool: self = try integers(UInt8.self)
      default:
        throw file.refuse(
          name, "is \(entry.type.rawValue); classes are I64, I32, U8 or BOOL, values F32")
      }
    }
  }

  private mutating func append(_ content: Content) {
    let count = content.features.rowCount
    let before = corpus.sentenceCount
    corpus.tokens += repeatElement(0, count: count)
    corpus.lines += 1...Int32(count)
    corpus.sentenceStarts += before + 1...before + count
    corpus.sentenceFiles += repeatElement(Int32(corpus.files.count - 1), count: count)
    if corpus.features == nil {
      corpus.features = content.features
    } else {
      corpus.features!.append(content.features)
    }
    for (task, labels) in content.labels.enumerated() {
      corpus.tasks[task].kind = labels.kind
      switch labels {
      case .values(let values): corpus.tasks[task].values += values
      case .classes(let numbers):
        var ids: [Int64: Int32] = [:]
        for number in Set(numbers).sorted() {
          ids[number] = corpus.tasks[task].table.intern(String(number))
        }
        corpus.tasks[task].labels += numbers.lazy.map { ids[$0]! }
      }
    }
  }
}

extension Corpus {
  /// Reads safetensors files of feature vectors, one after the other, as one corpus: each has the
  /// vectors in `features` [N, D] and a tensor [N] of labels a task.
  ///
  /// - Throws: `Failure` naming file and tensor for whatever is wrong first.
  public init(vectors files: [String], format: VectorFormat) throws {
    var builder = VectorCorpusBuilder(format: format, lenient: false)
    for file in files { try builder.add(file: file) }
    self = builder.corpus
  }

  /// Reads the bytes of one file of feature vectors, called `name` in messages.
  ///
  /// - Throws: as `init(vectors:format:)`.
  public init(vectors data: Data, named name: String, format: VectorFormat) throws {
    var builder = VectorCorpusBuilder(format: format, lenient: false)
    try builder.add(data, named: name)
    self = builder.corpus
  }

  /// Reads the files that can be read, and says of each of the others what is wrong first.
  public static func lenient(
    vectors files: [String], format: VectorFormat
  ) -> (corpus: Corpus, problems: [Problem]) {
    var builder = VectorCorpusBuilder(format: format, lenient: true)
    // A lenient builder throws nothing that it has not listed.
    for file in files { try? builder.add(file: file) }
    return (builder.corpus, builder.problems.all)
  }
}
