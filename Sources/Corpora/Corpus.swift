import Basics
import Batches
import Foundation

/// The labels of one task for every token, or every sentence, of a corpus.
public struct TaskColumn: Sendable {
  /// The task's name.
  public let name: String
  /// The distinct labels, as the file writes them.
  public internal(set) var table: StringTable
  /// The label of every token, or of every sentence for labels of texts: an index into `table`.
  public internal(set) var labels: [Int32]
  /// Whether the labels are put to tokens at random, so that they mark no spans.
  public internal(set) var isRandom = false
  /// What the labels are declared to be; nil to judge by them.
  public internal(set) var declared: LabelKind?
  /// What the labels belong to.
  public internal(set) var level = LabelLevel.token
  /// What the task predicts; a task of regression has values instead of labels.
  public internal(set) var kind = TaskKind.classification
  /// The value of every sentence of a task of regression.
  public internal(set) var values: [Float] = []
}

/// One split of a jointly annotated data set: sentences of tokens, texts, or feature vectors, with
/// labels by task.
///
/// Shapes: S sentences, N tokens in all, counted through the files in the order given.
public struct Corpus: Sendable {
  /// The files' names, as given.
  public internal(set) var files: [String] = []
  /// The distinct written forms.
  public internal(set) var forms = StringTable()
  /// The written form of every token, an index into `forms`; N of them.
  public internal(set) var tokens: [Int32] = []
  /// The line of every token in its file, from 1; N of them.
  public internal(set) var lines: [Int32] = []
  /// Where sentence s starts among the tokens; S + 1 of them, the last is N.
  public internal(set) var sentenceStarts: [Int] = [0]
  /// The file of every sentence, an index into `files`; S of them.
  public internal(set) var sentenceFiles: [Int32] = []
  /// Whether each text was cut to the format's `maxTokens` when it was read; none for columns.
  var isCut: [Bool] = []
  /// A feature vector for every token; nil where there are none.
  public internal(set) var features: FeatureTable?
  /// Whether the tokens are words; those that feature vectors alone stand for have the empty form.
  public internal(set) var hasWords = true
  /// How many texts were cut.
  public var cutTexts: Int { isCut.count { $0 } }
  /// The tasks' labels, in the order of the format.
  public internal(set) var tasks: [TaskColumn] = []

  /// Reads column files, one after the other, as one corpus.
  ///
  /// Columns are separated by tabs if the file's first token line holds one, otherwise by runs
  /// of blanks and tabs. Blank lines end sentences. Left out: a byte order mark, `-DOCSTART-`
  /// lines, comments, and in CoNLL-U files multi-word ranges and empty nodes.
  ///
  /// - Throws: `Failure` naming file and line for whatever is wrong first.
  public init(files: [String], format: ColumnFormat) throws {
    var builder = CorpusBuilder(format: format, lenient: false)
    for file in files { try builder.add(file: file) }
    self = builder.corpus
  }

  /// Reads the bytes of one column file, called `name` in messages.
  ///
  /// - Throws: as `init(files:format:)`.
  public init(_ data: Data, named name: String, format: ColumnFormat) throws {
    var builder = CorpusBuilder(format: format, lenient: false)
    try builder.add(data, named: name)
    self = builder.corpus
  }

  /// Reads what can be read of column files, and lists everything that is wrong with them.
  public static func lenient(
    files: [String], format: ColumnFormat
  ) -> (corpus: Corpus, problems: [Problem]) {
    var builder = CorpusBuilder(format: format, lenient: true)
    // A lenient builder throws nothing that it has not listed.
    for file in files { try? builder.add(file: file) }
    return (builder.corpus, builder.problems.all)
  }

  init(tasks sources: [TaskSource]) {
    tasks = sources.map { source in
      var task = TaskColumn(name: source.name, table: StringTable(), labels: [])
      if case .random = source.source { task.isRandom = true }
      task.declared = source.labels
      task.level = source.source.level
      return task
    }
  }

  /// S.
  public var sentenceCount: Int { sentenceStarts.count - 1 }
  /// N.
  public var tokenCount: Int { tokens.count }

  /// The tokens of sentence `s`, as indices into `tokens`.
  public func range(ofSentence s: Int) -> Range<Int> {
    sentenceStarts[s]..<sentenceStarts[s + 1]
  }

  /// The tokens of the sentences `s`.
  func tokens(ofSentences s: Range<Int>) -> Range<Int> {
    sentenceStarts[s.lowerBound]..<sentenceStarts[s.upperBound]
  }

  /// The number of tokens in sentence `s`.
  public func length(ofSentence s: Int) -> Int {
    sentenceStarts[s + 1] - sentenceStarts[s]
  }

  /// The file and line of token `token`, for messages.
  func place(of token: Int) -> (file: String, line: Int) {
    var sentences = 0..<sentenceCount
    while sentences.count > 1 {
      let middle = sentences.lowerBound + sentences.count / 2
      sentences =
        sentenceStarts[middle] <= token
        ? middle..<sentences.upperBound : sentences.lowerBound..<middle
    }
    return (files[Int(sentenceFiles[sentences.lowerBound])], Int(lines[token]))
  }

  /// The written forms of sentence `s`.
  public func words(ofSentence s: Int) -> [String] {
    range(ofSentence: s).map { forms[tokens[$0]] }
  }

  /// The labels of the task called `name`.
  ///
  /// - Throws: `Failure` of kind `usage` if there is no such task.
  public func task(_ name: String) throws -> TaskColumn {
    guard let task = tasks.first(where: { $0.name == name }) else {
      let known = tasks.map(\.name).joined(separator: ", ")
      throw Failure(.usage, "there is no task \(name) here; the tasks are \(known)")
    }
    return task
  }
}
