import Basics
import Batches
import Foundation

/// Puts column files together into a corpus; stops at the first problem, or collects all.
struct CorpusBuilder {
  /// From how many bytes on a file is read by two threads, half by half.
  private static let worthHalving = 1 << 20

  let format: ColumnFormat
  /// The tasks' columns; those that have none have these instead.
  private let columns: [Int]
  private static let position = -1
  private static let comment = -2
  /// What the comments before the sentence being read say.
  private var comments: CommentLabels
  private(set) var corpus: Corpus
  /// Where the sentence being read starts among the tokens.
  private var sentenceStart = 0
  private(set) var problems: ProblemList

  init(format: ColumnFormat, lenient: Bool) {
    self.format = format
    problems = ProblemList(lenient: lenient)
    columns = format.tasks.map { task in
      task.source.column ?? (task.source.level == .text ? Self.comment : Self.position)
    }
    comments = CommentLabels(format.tasks)
    corpus = Corpus(tasks: format.tasks)
  }

  mutating func add(file: String) throws {
    if let data = try problems.read(file) { try add(data, named: file) }
  }

  mutating func add(_ data: Data, named name: String) throws {
    corpus.files.append(name)
    problems.file = name
    let before = corpus.tokens.count
    try data.withUnsafeBytes { try add(ColumnText($0)) }
    if corpus.tokens.count == before && !problems.hasLast {
      try problems.report(0, "file", "holds no tokens")
    }
  }

  private mutating func add(_ text: ColumnText) throws {
    if text.hasCarriagesOnly {
      return try problems.report(0, "lines", ColumnText.endsOfLines)
    }
    guard let layout = text.layout else { return try reportLongLines(of: text) }
    guard try check(layout, text) else { return }
    guard text.bytes.count >= Self.worthHalving, let (head, tail) = text.halves else {
      return try addLines(of: text, layout)
    }
    let headLines = head.lineCount - 1
    nonisolated(unsafe) let tailText = tail
    nonisolated(unsafe) var second = CorpusBuilder(format: format, lenient: problems.lenient)
    nonisolated(unsafe) var failure: (any Error)?
    second.corpus.files = [problems.file]
    second.problems.file = problems.file
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      do {
        try second.addLines(of: tailText, layout, linesBefore: headLines)
      } catch {
        failure = error
      }
    }
    let first = Result { try addLines(of: head, layout) }
    group.wait()
    try first.get()
    append(second)
    if let failure { throw failure }
  }

  /// Reports the lines that are too long to be looked at, of a file that has no others.
  private mutating func reportLongLines(of text: ColumnText) throws {
    var lines = text.lines()
    while let line = lines.next() {
      if line.isTooLong { try reportTooLong(line) }
    }
  }

  private mutating func reportTooLong(_ line: ColumnText.Line) throws {
    try problems.report(
      line.number, "lines", "the line is longer than \(ColumnText.Line.longest) bytes")
  }

  /// Adds what the builder of the file's second half has read.
  private mutating func append(_ second: CorpusBuilder) {
    let before = corpus.tokens.count
    corpus.append(tokensOf: second.corpus)
    for start in second.corpus.sentenceStarts.dropFirst() {
      corpus.sentenceStarts.append(before + start)
      corpus.sentenceFiles.append(Int32(corpus.files.count - 1))
    }
    sentenceStart = before + second.sentenceStart
    problems.append(second.problems)
  }

  /// - Parameters:
  ///   - text: the file, or its first or second half; halves meet behind a blank line.
  ///   - layout: that of the file.
  ///   - linesBefore: the number of lines before `text`.
  private mutating func addLines(
    of text: ColumnText, _ layout: ColumnText.Layout, linesBefore: Int = 0
  ) throws {
    let (isValid, hasNUL, hasStrayCarriage) = (text.isValid, text.hasNUL, text.hasStrayCarriage)
    let fields = UnsafeMutableBufferPointer<Range<Int>>.allocate(capacity: layout.columns)
    fields.initialize(repeating: 0..<0)
    defer { fields.deallocate() }
    var rows = TokenRows(capacity: text.lineCount, of: &corpus)
    defer { rows.move(to: &corpus) }
    var lines = text.lines(after: linesBefore)
    while let line = lines.next() {
      if line.isBlank {
        try endSentence(&rows)
      } else if line.isTooLong {
        try reportTooLong(line)
      } else if !isValid && !ColumnText.isUTF8(line.bytes) {
        try problems.report(line.number, "lines", "the line is not UTF-8; convert the file")
      } else if hasNUL && ColumnText.hasNUL(line.bytes) {
        try problems.report(
          line.number, "lines", "the line holds a NUL byte; is it a text file?")
      } else if hasStrayCarriage && line.bytes.contains(13) {
        try problems.report(
          line.number, "lines", "a carriage return stands in the line; " + ColumnText.endsOfLines)
      } else if line.bytes[0] == 0xef && line.bytes.starts(with: ColumnText.byteOrderMark) {
        try problems.report(
          line.number, "lines",
          "the line starts with a byte order mark, as where files were joined; remove it")
      } else if line.isDocumentStart {
        try endSentence(&rows)
      } else {
        let found = line.split(tabs: layout.tabs, into: fields)
        let isFirst = corpus.tokens.count + rows.count == sentenceStart
        if line.isComment(layout, fields: found, atSentenceStart: isFirst)
          || isFirst && comments.areIn(line)
        {
          if isFirst && !comments.isEmpty, let key = comments.read(line, rows) {
            try problems.report(
              line.number, "comments", "the sentence has two labels '# \(key) = …'")
          }
          continue
        }
        if layout.isUniversal && line.isRangeOrEmptyNode { continue }
        guard found == layout.columns else {
          try problems.report(
            line.number, "columns", "expected \(layout.columns) columns, found \(found)")
          continue
        }
        if let empty = firstEmpty(fields) {
          try problems.report(line.number, "empty columns", "column \(empty) is empty")
          continue
        }
        append(line, fields, to: &rows)
      }
    }
    try endSentence(&rows)
  }

  private func firstEmpty(_ fields: UnsafeMutableBufferPointer<Range<Int>>) -> Int? {
    if fields[format.wordColumn].isEmpty { return format.wordColumn }
    for column in columns where column >= 0 && fields[column].isEmpty { return column }
    return nil
  }

  private mutating func append(
    _ line: ColumnText.Line, _ fields: UnsafeMutableBufferPointer<Range<Int>>,
    to rows: inout TokenRows
  ) {
    rows.add(word: line, fields[format.wordColumn])
    for task in 0..<columns.count {
      let column = columns[task]
      if column >= 0 {
        rows.add(label: line, fields[column], task: task)
      } else if column == Self.position {
        let position = corpus.tokens.count + rows.count - 1 - sentenceStart
        rows.add(label: String(position), task: task)
      }
    }
  }

  /// Ends the sentence whose tokens are the last of `rows`, if there are any.
  ///
  /// A blank line ends what comments say, too: the halves of a file meet there.
  private mutating func endSentence(_ rows: inout TokenRows) throws {
    defer { comments.reset() }
    let before = corpus.tokens.count
    guard before + rows.count > sentenceStart else { return }
    if let key = comments.missing {
      let first = sentenceStart - before
      try problems.report(
        rows.line(of: first), "comments", "the sentence has no label '# \(key) = …' before it")
      return rows.keep(first)
    }
    sentenceStart = before + rows.count
    corpus.sentenceStarts.append(sentenceStart)
    corpus.sentenceFiles.append(Int32(corpus.files.count - 1))
    for (task, label) in comments.labels { corpus.tasks[task].labels.append(label!) }
  }

  private mutating func check(_ layout: ColumnText.Layout, _ text: ColumnText) throws -> Bool {
    if text.looksLikeTexts(layout) {
      try problems.report(
        0, "file",
        "looks like texts with labels, one a line, not like tokens; "
          + (format.tasks.isEmpty
            ? "these tasks label tokens" : "give the task without a column"))
      return false
    }
    let has = "\(layout.columns) columns (0-\(layout.columns - 1))"
    if format.wordColumn >= layout.columns {
      try problems.report(setting: "word-column", "\(format.wordColumn)", has: has)
      return false
    }
    for task in format.tasks {
      if let column = task.source.column, column >= layout.columns {
        try problems.report(setting: "tasks", task.option, has: has)
        return false
      }
    }
    return true
  }
}

extension Corpus {
  /// Appends the tokens of `other`, which has the same tasks, as if they had been read here.
  fileprivate mutating func append(tokensOf other: Corpus) {
    let ids = forms.intern(all: other.forms)
    tokens += other.tokens.lazy.map { ids[Int($0)] }
    lines += other.lines
    for task in tasks.indices {
      let ids = tasks[task].table.intern(all: other.tasks[task].table)
      tasks[task].labels += other.tasks[task].labels.lazy.map { ids[Int($0)] }
    }
  }
}
