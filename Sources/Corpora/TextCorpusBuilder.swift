import Basics
import Foundation

/// Puts files of texts together into a corpus; stops at the first problem, or collects all.
///
/// A text is one sentence of the corpus, whatever it holds.
struct TextCorpusBuilder {
  /// The longest label, in bytes; a longer one is a text in the wrong place.
  private static let longestLabel = 256

  let format: TextFormat
  private(set) var corpus: Corpus
  private(set) var problems: ProblemList

  init(format: TextFormat, lenient: Bool) {
    self.format = format
    problems = ProblemList(lenient: lenient)
    corpus = Corpus(tasks: format.tasks)
  }

  mutating func add(file: String) throws {
    if let data = try problems.read(file) { try add(data, named: file) }
  }

  mutating func add(_ data: Data, named name: String) throws {
    corpus.files.append(name)
    problems.file = name
    let before = corpus.sentenceCount
    try data.withUnsafeBytes { try add(ColumnText($0), named: name) }
    if corpus.sentenceCount == before && !problems.hasLast {
      try problems.report(0, "file", "holds no texts")
    }
  }

  private mutating func add(_ text: ColumnText, named name: String) throws {
    let kind = format.kind(of: text, named: name)
    if format.kind == .auto && kind == .tsv && text.looksLikeColumns {
      return try problems.report(
        0, "file",
        "looks like tokens in columns, not like texts, one a line; "
          + (format.tasks.isEmpty
            ? "these tasks label texts"
            : "give the task its column (if these are texts: text-format tsv)"))
    }
    if kind != .csv, text.hasCarriagesOnly {
      return try problems.report(0, "lines", ColumnText.endsOfLines)
    }
    let isValid = text.isValid
    let areTextsAlone = format.areTextsAlone(text, kind)
    var lines = LineRecords(
      text, isFastText: kind == .fasttext, areTextsAlone: areTextsAlone)
    var csv = CSVRecords(text.bytes)
    var places: Places?
    while let next = kind == .csv ? csv.next() : lines.next() {
      switch next {
      case .problem(let line, let message):
        try problems.report(line, "records", message)
      case .record(let record):
        if let known = places {
          try add(record, known, isValid: isValid, kind)
          continue
        }
        guard
          let found = areTextsAlone
            ? Places(hasHeader: false, count: 1, text: 0, labels: [])
            : try self.places(kind, first: record)
        else { return }
        places = found
        if !found.hasHeader { try add(record, found, isValid: isValid, kind) }
      }
    }
  }

  /// Which fields of a file's records hold what.
  private struct Places {
    let hasHeader: Bool
    /// How many fields a record has.
    let count: Int
    let text: Int
    /// By task.
    let labels: [Int]
  }

  /// Finds the fields by the file's first record; nil after a problem.
  private mutating func places(_ kind: TextFormat.Kind, first: TextRecord) throws -> Places? {
    let columns = format.tasks.map { format.column(of: $0) }
    let given = columns + [format.textColumn]
    if kind == .fasttext {
      for (field, setting) in zip(given, settings) {
        guard let field else { continue }
        try problems.report(
          setting: setting.name, setting.value ?? "\(field)", has: "no columns: it is fastText")
        return nil
      }
      return Places(hasHeader: false, count: 2, text: 1, labels: columns.map { _ in 0 })
    }
    let names = first.fields.map { String(decoding: $0.trimmed, as: UTF8.self) }
    /// Where a field stands that is not given: in CSV under its name, otherwise beside the other.
    func usual(_ name: String, besides other: TextField?, _ index: Int) -> TextField {
      if kind == .csv { return .name(name) }
      return other == .index(index) ? .index(1 - index) : .index(index)
    }
    let text = format.textColumn ?? usual("text", besides: format.labelColumn, 1)
    let label = usual("label", besides: format.textColumn, 0)
    var found: [Int] = []
    for (field, setting) in zip(columns.map { $0 ?? label } + [text], settings) {
      let value = setting.value ?? "\(field)"
      if let missing = Self.missing(field, among: names) {
        try problems.report(setting: setting.name, value, has: missing)
        return nil
      }
      switch field {
      case .index(let index): found.append(index)
      case .name(let name): found.append(names.firstIndex(of: name)!)
      }
    }
    let place = found.removeLast()
    if let index = found.firstIndex(of: place) {
      let setting = settings[index]
      try problems.report(
        setting: setting.name, setting.value ?? "\(columns[index] ?? label)",
        has: "its texts in that column")
      return nil
    }
    return Places(
      hasHeader: kind == .csv || format.hasNamedColumns, count: names.count, text: place,
      labels: found)
  }

  /// What gives the tasks' columns, then the texts'; the value is nil if it is the column itself.
  private var settings: [(name: String, value: String?)] {
    format.tasks.map { task in
      if case .text(.some) = task.source { ("tasks", task.option) } else { ("label-column", nil) }
    } + [("text-column", nil)]
  }

  /// What a file with the columns `names` has instead of `field`, or nil if it has it.
  private static func missing(_ field: TextField, among names: [String]) -> String? {
    switch field {
    case .index(let index):
      return index < names.count ? nil : "\(names.count) columns (0-\(names.count - 1))"
    case .name(let name):
      let count = names.count { $0 == name }
      if count == 1 { return nil }
      let shown = names.prefix(20).map { $0.prefix(40) }.joined(separator: ", ")
      return "\(count == 0 ? "no such column" : "\(count) such columns"), but \(shown)"
    }
  }

  private mutating func add(
    _ record: TextRecord, _ places: Places, isValid: Bool, _ kind: TextFormat.Kind
  ) throws {
    guard record.fields.count == places.count else {
      return try problems.report(
        record.line, "columns",
        "expected \(places.count) fields, found \(record.fields.count)"
          + (kind == .tsv ? "; a text cannot hold tabs" : ""))
    }
    for field in record.fields {
      if !isValid, !field.bytes.withUnsafeBytes(ColumnText.isUTF8) {
        return try problems.report(field.line, "lines", "the text is not UTF-8; convert the file")
      }
      if field.bytes.contains(0) {
        return try problems.report(
          field.line, "lines", "the text holds a NUL byte; is it a text file?")
      }
    }
    if record.fields[0].bytes.starts(with: ColumnText.byteOrderMark) {
      return try problems.report(
        record.line, "lines",
        "the text starts with a byte order mark, as where files were joined; remove it")
    }
    for place in places.labels {
      if let message = Self.problem(label: record.fields[place].trimmed) {
        return try problems.report(record.fields[place].line, "labels", message)
      }
    }
    let text = record.fields[places.text]
    guard text.bytes.contains(where: { !isWhiteSpace($0) }) else {
      return try problems.report(text.line, "empty texts", "the text is empty")
    }
    guard let isCut = addTokens(of: text) else {
      return try problems.report(
        text.line, "long texts",
        "the text has more than \(format.longestText) tokens; max-tokens says how many are kept")
    }
    for (task, place) in places.labels.enumerated() {
      let label = record.fields[place].trimmed.withUnsafeBytes {
        corpus.tasks[task].table.intern($0)
      }
      corpus.tasks[task].labels.append(label)
    }
    corpus.isCut.append(isCut)
    corpus.sentenceStarts.append(corpus.tokens.count)
    corpus.sentenceFiles.append(Int32(corpus.files.count - 1))
  }

  private static func problem(label: ArraySlice<UInt8>) -> String? {
    if label.isEmpty { return "the label is empty" }
    if label.count > longestLabel {
      return "the label is longer than \(longestLabel) bytes; is it the text?"
    }
    return label.contains { $0 < 32 } ? "the label holds a line break or a control character" : nil
  }

  /// Appends the text's tokens, as many as are kept, and says whether there are more; nil, and
  /// appends nothing, if there are too many.
  private mutating func addTokens(of text: TextRecord.Field) -> Bool? {
    let limit = format.maxTokens > 0 ? format.maxTokens : format.longestText
    let start = corpus.tokens.count
    var isCut = false
    text.bytes.withUnsafeBytes { bytes in
      var line = text.line
      var at = 0
      while at < bytes.count {
        if isWhiteSpace(bytes[at]) {
          if bytes[at] == 10 { line += 1 }
          at += 1
          continue
        }
        guard corpus.tokens.count - start < limit else {
          isCut = true
          return
        }
        let end = bytes[at...].firstIndex(where: isWhiteSpace) ?? bytes.count
        corpus.tokens.append(
          corpus.forms.intern(UnsafeRawBufferPointer(rebasing: bytes[at..<end])))
        corpus.lines.append(Int32(clamping: line))
        at = end
      }
    }
    guard isCut, format.maxTokens == 0 else { return isCut }
    corpus.tokens.removeSubrange(start...)
    corpus.lines.removeSubrange(start...)
    return nil
  }
}

extension Corpus {
  /// Reads files of texts, one after the other, as one corpus: every text is one sentence.
  ///
  /// Tokens are what white space separates.
  ///
  /// - Throws: `Failure` naming file and line for whatever is wrong first.
  public init(texts files: [String], format: TextFormat) throws {
    var builder = TextCorpusBuilder(format: format, lenient: false)
    for file in files { try builder.add(file: file) }
    self = builder.corpus
  }

  /// Reads the bytes of one file of texts, called `name` in messages.
  ///
  /// - Throws: as `init(texts:format:)`.
  public init(texts data: Data, named name: String, format: TextFormat) throws {
    var builder = TextCorpusBuilder(format: format, lenient: false)
    try builder.add(data, named: name)
    self = builder.corpus
  }

  /// Reads what can be read of files of texts, and lists everything that is wrong with them.
  public static func lenient(
    texts files: [String], format: TextFormat
  ) -> (corpus: Corpus, problems: [Problem]) {
    var builder = TextCorpusBuilder(format: format, lenient: true)
    // A lenient builder throws nothing that it has not listed.
    for file in files { try? builder.add(file: file) }
    return (builder.corpus, builder.problems.all)
  }
}
