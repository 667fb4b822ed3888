import Basics

/// What an option is given as, before its meaning is known: text from the command line, or a
/// tree from a recipe file or a run's record.
public enum RecipeValue: Hashable, Sendable {
  case null
  case text(String)
  case number(Double)
  case list([RecipeValue])
  /// Keys in the order of the file: the order of tasks matters.
  case mapping([Entry])

  /// One key of a mapping and its value.
  public struct Entry: Hashable, Sendable {
    package let key: String
    package let value: RecipeValue

    package init(_ key: String, _ value: RecipeValue) {
      self.key = key
      self.value = value
    }
  }

  /// The text of a scalar, whole numbers without a fraction; nil for `null`, lists and mappings.
  package var scalarText: String? {
    switch self {
    case .text(let text): text
    case .number(let number):
      if let whole = Int64(exactly: number) { String(whole) } else { "\(number)" }
    case .null, .list, .mapping: nil
    }
  }

  /// The value as a message or a help text shows it, on one line and not too long.
  package var shown: String {
    let text =
      switch self {
      case .null: "nothing"
      case .text, .number: scalarText ?? ""
      case .list(let items): items.map(\.shown).joined(separator: ",")
      case .mapping(let entries):
        "{" + entries.map { "\($0.key): \($0.value.shown)" }.joined(separator: ", ") + "}"
      }
    if text.isEmpty { return "''" }
    return text.count > 200 ? text.prefix(200) + "…" : text
  }
}

extension RecipeValue: Codable {
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: StringKey.self) {
      // A JSON object has no order of its own: sorted keys make decoding deterministic.
      self = .mapping(
        try container.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
          Entry($0.stringValue, try container.decode(RecipeValue.self, forKey: $0))
        })
    } else if var container = try? decoder.unkeyedContainer() {
      var items: [RecipeValue] = []
      while !container.isAtEnd { items.append(try container.decode(RecipeValue.self)) }
      self = .list(items)
    } else {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .mapping(let entries):
      var container = encoder.container(keyedBy: StringKey.self)
      for entry in entries {
        try container.encode(entry.value, forKey: StringKey(stringValue: entry.key))
      }
    case .list(let items):
      var container = encoder.unkeyedContainer()
      for item in items { try container.encode(item) }
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .text(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    case .number(let number):
      var container = encoder.singleValueContainer()
      if let whole = Int64(exactly: number) {
        try container.encode(whole)
      } else {
        try container.encode(number)
      }
    }
  }
}
