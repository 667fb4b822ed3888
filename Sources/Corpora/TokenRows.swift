import Batches

/// The tokens of one file while it is read, and the corpus's tables of forms and labels.
///
/// Lines are many and arrays check at every append who else holds them, so all of it stands in
/// plain memory until the file is read.
struct TokenRows {
  private let capacity: Int
  private let tasks: Int
  /// Forms, lines, then labels task by task, `capacity` each.
  private let memory: UnsafeMutablePointer<Int32>
  /// The table of forms, then those of labels.
  private let tables: UnsafeMutablePointer<StringTable>
  private(set) var count = 0

  /// - Parameter capacity: as many tokens as the file has lines, at least.
  init(capacity: Int, of corpus: inout Corpus) {
    self.capacity = capacity
    tasks = corpus.tasks.count
    memory = .allocate(capacity: capacity * (2 + tasks))
    tables = .allocate(capacity: 1 + tasks)
    tables.initialize(repeating: StringTable(), count: 1 + tasks)
    swap(&tables[0], &corpus.forms)
    for task in 0..<tasks { swap(&tables[1 + task], &corpus.tasks[task].table) }
  }

  mutating func add(word line: ColumnText.Line, _ field: Range<Int>) {
    precondition(count < capacity, "there are more tokens than lines")
    memory[count] = id(of: line, field, in: 0)
    memory[capacity + count] = Int32(clamping: line.number)
    count += 1
  }

  /// Sets a label of the token added last.
  func add(label line: ColumnText.Line, _ field: Range<Int>, task: Int) {
    memory[(2 + task) * capacity + count - 1] = id(of: line, field, in: 1 + task)
  }

  /// Sets a label of the token added last.
  func add(label: String, task: Int) {
    memory[(2 + task) * capacity + count - 1] = tables[1 + task].intern(label)
  }

  /// The number of `label` among those of `task`.
  func intern(_ label: UnsafeRawBufferPointer, task: Int) -> Int32 {
    tables[1 + task].intern(label)
  }

  /// The line of token `token`.
  func line(of token: Int) -> Int { Int(memory[capacity + token]) }

  /// Forgets all tokens but the first `count`.
  mutating func keep(_ count: Int) { self.count = count }

  /// The number of a field in a table, which takes it up if it is new.
  @inline(__always)
  private func id(of line: ColumnText.Line, _ field: Range<Int>, in table: Int) -> Int32 {
    let text = line[field]
    return tables[table].id(of: text, room: line.room - field.lowerBound)
      ?? tables[table].intern(text)
  }

  /// Appends the tokens to `corpus`, gives its tables back and lets go of the memory.
  func move(to corpus: inout Corpus) {
    func part(_ i: Int) -> UnsafeBufferPointer<Int32> {
      UnsafeBufferPointer(start: memory + i * capacity, count: count)
    }
    corpus.tokens.append(contentsOf: part(0))
    corpus.lines.append(contentsOf: part(1))
    swap(&tables[0], &corpus.forms)
    for task in 0..<tasks {
      if corpus.tasks[task].level == .token {
        corpus.tasks[task].labels.append(contentsOf: part(2 + task))
      }
      swap(&tables[1 + task], &corpus.tasks[task].table)
    }
    tables.deinitialize(count: 1 + tasks)
    tables.deallocate()
    memory.deallocate()
  }
}
