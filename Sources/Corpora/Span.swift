/// A labelled stretch of tokens within one sentence: a chunk, a named entity.
public struct Span: Hashable, Codable, Sendable {
  /// What it is: `NP`, `PER`.
  public let type: String
  /// Its first token, an index in the sentence.
  public let start: Int
  /// One past its last token.
  public let end: Int

  /// Creates the span of `type` over the tokens `start..<end`.
  public init(type: String, start: Int, end: Int) {
    self.type = type
    self.start = start
    self.end = end
  }
}

/// Reads spans from label sequences by the rules of `conlleval`, whatever the scheme.
///
/// A label is a letter, `-` and a type; anything else is outside. A span begins at `B` or `S`,
/// where the type changes, and at `I` or `E` after a label that cannot precede it (outside, `E`,
/// `S`). It ends before any label that begins one, after `E` and `S`, and at the sentence's end.
/// So every sequence has a reading, well-formed or not. `L` and `U` (BILOU) read as `E` and `S`.
public struct SpanReader: Sendable {
  private enum Role {
    case outside
    case begin
    case inside
    case end
    case single
  }

  private var roles: [Role] = []
  private var types: [Int32] = []
  private var names: [String] = []

  /// Prepares to read sequences of indices into `labels`.
  public init(labels: [String]) {
    var table = StringTable()
    for label in labels {
      if let (letter, type) = LabelScheme.split(label) {
        types.append(table.intern(type))
        let role: Role =
          switch letter {
          case "B": .begin
          case "I": .inside
          case "E", "L": .end
          default: .single
          }
        roles.append(role)
      } else {
        types.append(-1)
        roles.append(.outside)
      }
    }
    names = table.strings
  }

  /// The spans of one sentence, from left to right.
  ///
  /// - Parameter ids: a label for every token, an index into the reader's labels; -1 is outside.
  public func spans(of ids: some Sequence<Int32>) -> [Span] {
    var spans: [Span] = []
    var start = 0
    var last = (role: Role.outside, type: Int32(-1))
    var position = 0
    for id in ids {
      let now = id < 0 ? (.outside, -1) : (role: roles[Int(id)], type: types[Int(id)])
      if last.role != .outside && ends(last, before: now) {
        spans.append(Span(type: names[Int(last.type)], start: start, end: position))
      }
      if now.role != .outside && (last.role == .outside || ends(last, before: now)) {
        start = position
      }
      last = now
      position += 1
    }
    if last.role != .outside {
      spans.append(Span(type: names[Int(last.type)], start: start, end: position))
    }
    return spans
  }

  /// How many spans one sentence has.
  ///
  /// - Parameter ids: as in `spans(of:)`.
  func count(of ids: some Sequence<Int32>) -> Int {
    var count = 0
    var last = (role: Role.outside, type: Int32(-1))
    for id in ids {
      let now = id < 0 ? (.outside, -1) : (role: roles[Int(id)], type: types[Int(id)])
      if now.role != .outside && (last.role == .outside || ends(last, before: now)) { count += 1 }
      last = now
    }
    return count
  }

  /// Whether the span that `last` is part of ends before `now`; if `now` is not outside, another
  /// one begins there.
  private func ends(
    _ last: (role: Role, type: Int32), before now: (role: Role, type: Int32)
  ) -> Bool {
    switch (last.role, now.role) {
    case (.end, _), (.single, _), (_, .begin), (_, .single), (_, .outside): true
    default: last.type != now.type
    }
  }
}
