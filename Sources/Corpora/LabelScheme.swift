/// How a column of labels marks spans, if it does.
public enum LabelScheme: String, Codable, Sendable, CaseIterable {
  /// One label a token, no spans: parts of speech.
  case plain
  /// `I-` in a span, `B-` only where a span follows another of the same type.
  case iob1
  /// `B-` on the first token of every span, `I-` on the others.
  case iob2
  /// `B-`, `I-`, `E-` (last) in longer spans, `S-` on spans of one token.
  case bioes
  /// As `bioes`, written `L-` for last and `U-` for one token.
  case bilou

  /// The letter and the type of a label that marks a span, nil for any other label.
  static func split(_ label: String) -> (letter: Character, type: String)? {
    var bytes = label.utf8.makeIterator()
    guard let letter = bytes.next(), bytes.next() == UInt8(ascii: "-"), bytes.next() != nil,
      "BIESLU".utf8.contains(letter)
    else { return nil }
    return (Character(Unicode.Scalar(letter)), String(label.dropFirst(2)))
  }

  /// The spans of one sentence's labels by the rules of `conlleval`, whatever their scheme.
  ///
  /// For many sentences prepare one `SpanReader`.
  public static func spans(of labels: [String]) -> [Span] {
    SpanReader(labels: labels).spans(of: 0..<Int32(labels.count))
  }

  /// The labels of a sentence of `length` tokens that holds `spans`.
  ///
  /// - Parameter spans: from left to right, not overlapping, within the sentence.
  /// - Returns: one label a token, `O` outside spans. `conlleval` reads the same spans from it.
  public func encode(_ spans: [Span], length: Int) -> [String] {
    precondition(self != .plain, "plain labels hold no spans")
    var labels = [String](repeating: "O", count: length)
    var last: Span?
    for span in spans {
      let touches = last?.end == span.start && last?.type == span.type
      for position in span.start..<span.end {
        let letter = letter(at: position, of: span, touching: touches)
        labels[position] = "\(letter)-\(span.type)"
      }
      last = span
    }
    return labels
  }

  /// The letter of the label at `position` within `span`.
  ///
  /// - Parameter touches: whether the span follows another of its type without a gap.
  func letter(at position: Int, of span: Span, touching touches: Bool) -> Unicode.Scalar {
    let isFirst = position == span.start
    let isLast = position == span.end - 1
    switch self {
    case .plain, .iob1: return isFirst && touches ? "B" : "I"
    case .iob2: return isFirst ? "B" : "I"
    case .bioes: return isFirst ? (isLast ? "S" : "B") : (isLast ? "E" : "I")
    case .bilou: return isFirst ? (isLast ? "U" : "B") : (isLast ? "L" : "I")
    }
  }

  /// What is wrong with `label` between `last` and `next` (`O` at the ends of a sentence), or nil.
  func problem(with label: String, after last: String, before next: String) -> String? {
    guard self != .plain, label != "O" else { return nil }
    guard let now = Self.split(label), letters.contains(now.letter) else {
      return "the label \(label) is not one of the scheme \(rawValue)"
    }
    let after = Self.split(last)
    let isOpen = after.map { $0.type == now.type && "BI".contains($0.letter) } ?? false
    switch (self, now.letter) {
    case (.iob1, "B") where !isOpen:
      return "\(label) after \(last): in iob1 B- stands only where spans of one type touch"
    case (.iob2, "I"), (.bioes, "I"), (.bioes, "E"), (.bilou, "I"), (.bilou, "L"):
      if !isOpen { return "\(label) after \(last): in \(rawValue) a span starts with B-" }
    default: break
    }
    guard self == .bioes || self == .bilou, "BI".contains(now.letter) else { return nil }
    if let then = Self.split(next), then.type == now.type, "IEL".contains(then.letter) {
      return nil
    }
    return "\(label) before \(next): in \(rawValue) a span goes on to \(lastLetter)-"
  }

  private var lastLetter: Character { self == .bilou ? "L" : "E" }

  private var letters: String {
    switch self {
    case .plain: ""
    case .iob1, .iob2: "BI"
    case .bioes: "BIES"
    case .bilou: "BILU"
    }
  }
}

/// The labels a network is trained with on a task of spans, whatever the files hold.
public enum SpanEncoding: String, Codable, Sendable, CaseIterable {
  /// First, inner, last and single tokens told apart.
  case bioes
  /// First tokens told from the others (IOB2).
  case bio

  /// The scheme of these labels.
  public var scheme: LabelScheme { self == .bioes ? .bioes : .iob2 }
}
