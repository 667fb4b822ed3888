/// The labels that the comments before a sentence give it, as in `# topic = sports`.
struct CommentLabels {
  /// A task and the key of its comments.
  private struct Key {
    let task: Int
    let bytes: [UInt8]
  }

  private let keys: [Key]
  /// The label's number for every key, nil while there is none.
  private var found: [Int32?]

  init(_ tasks: [TaskSource]) {
    keys = tasks.indices.compactMap { task in
      guard case .comment(let key) = tasks[task].source else { return nil }
      return Key(task: task, bytes: Array(key.utf8))
    }
    found = Array(repeating: nil, count: keys.count)
  }

  /// Whether no task has its labels from comments.
  var isEmpty: Bool { keys.isEmpty }

  /// The tasks and their labels, of which some may be missing.
  var labels: [(task: Int, label: Int32?)] { zip(keys, found).map { ($0.task, $1) } }

  /// The first key that has no label.
  var missing: String? {
    zip(keys, found).first { $1 == nil }.map { String(decoding: $0.0.bytes, as: UTF8.self) }
  }

  /// Whether a line is a comment with one of the keys, as in `# topic = sports`, however many
  /// columns the file has.
  func areIn(_ line: ColumnText.Line) -> Bool {
    guard !isEmpty, line.bytes.first == UInt8(ascii: "#"),
      let equals = line.bytes.firstIndex(of: UInt8(ascii: "="))
    else { return false }
    let key = Self.trimmed(line.bytes.dropFirst()[..<equals])
    return keys.contains { key.elementsEqual($0.bytes) }
  }

  /// Takes up what a comment says.
  ///
  /// - Returns: the key, if there is another label for it already.
  mutating func read(_ line: ColumnText.Line, _ rows: TokenRows) -> String? {
    let text = line.bytes.dropFirst()
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let key = Self.trimmed(text[..<equals])
    let value = Self.trimmed(text[(equals + 1)...])
    if value.isEmpty { return nil }
    for index in keys.indices where key.elementsEqual(keys[index].bytes) {
      let label = rows.intern(UnsafeRawBufferPointer(rebasing: value), task: keys[index].task)
      if let other = found[index], other != label { return String(decoding: key, as: UTF8.self) }
      found[index] = label
    }
    return nil
  }

  /// Forgets what was read: another sentence begins.
  mutating func reset() {
    for index in found.indices { found[index] = nil }
  }

  private static func trimmed(
    _ bytes: Slice<UnsafeRawBufferPointer>
  ) -> Slice<UnsafeRawBufferPointer> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }) else { return bytes.prefix(0) }
    return bytes[first...bytes.lastIndex { !isBlank($0) }!]
  }
}
