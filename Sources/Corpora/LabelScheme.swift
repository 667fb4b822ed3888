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

  /// Whether `label` marks a span in some scheme.
  package static func marksSpan(_ label: String) -> Bool { split(label) != nil }

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
    var types = StringTable()
    let fault = Self.fault(
      of: mark(label, types: &types), after: mark(last, types: &types),
      before: mark(next, types: &types))
    switch fault {
    case nil: return nil
    case .foreign: return "the label \(label) is not one of the scheme \(rawValue)"
    case .beginning where self == .iob1:
      return "\(label) after \(last): in iob1 B- stands only where spans of one type touch"
    case .beginning: return "\(label) after \(last): in \(rawValue) a span starts with B-"
    case .ending: return "\(label) before \(next): in \(rawValue) a span goes on to \(lastLetter)-"
    }
  }

  /// Why a label cannot stand where it does.
  enum Fault {
    /// It is none of the scheme's.
    case foreign
    /// Not after the label before it.
    case beginning
    /// Not before the label behind it.
    case ending
  }

  /// What is wrong with `now`, a label of this scheme, between `last` and `next`, or nil.
  @inline(__always)
  static func fault(of now: Mark, after last: Mark, before next: Mark) -> Fault? {
    if now.rules.contains(.foreign) { return .foreign }
    if now.rules.contains(.continues), !(last.rules.contains(.opens) && last.type == now.type) {
      return .beginning
    }
    if now.rules.contains(.isContinued),
      !(next.rules.contains(.goesOn) && next.type == now.type)
    {
      return .ending
    }
    return nil
  }

  /// A label as far as a scheme's rules look at it.
  struct Mark {
    /// What stands outside of spans.
    static let outside = Mark(rules: [], type: -1)

    let rules: Rules
    /// A number for the type, -1 where there is none.
    let type: Int32
  }

  /// What a scheme asks of a label and lets others ask.
  struct Rules: OptionSet {
    let rawValue: UInt8
    /// It is none of the scheme's labels.
    static let foreign = Rules(rawValue: 1)
    /// It must follow a label of its type that `opens`.
    static let continues = Rules(rawValue: 2)
    /// It is `B-` or `I-`.
    static let opens = Rules(rawValue: 4)
    /// It must stand before a label of its type that `goesOn`.
    static let isContinued = Rules(rawValue: 8)
    /// It is `I-` or the last of a longer span.
    static let goesOn = Rules(rawValue: 16)
  }

  /// What the scheme's rules see in `label`; `types` numbers the types.
  func mark(_ label: String, types: inout StringTable) -> Mark {
    if self == .plain || label == "O" { return .outside }
    guard let (letter, type) = Self.split(label) else { return Mark(rules: .foreign, type: -1) }
    var rules: Rules = letters.contains(letter) ? [] : .foreign
    if "BI".contains(letter) { rules.insert(.opens) }
    if "IEL".contains(letter) { rules.insert(.goesOn) }
    switch (self, letter) {
    case (.iob1, "B"), (.iob2, "I"), (.bioes, "I"), (.bioes, "E"), (.bilou, "I"), (.bilou, "L"):
      rules.insert(.continues)
    default: break
    }
    if self == .bioes || self == .bilou, "BI".contains(letter) { rules.insert(.isContinued) }
    return Mark(rules: rules, type: types.intern(type))
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
