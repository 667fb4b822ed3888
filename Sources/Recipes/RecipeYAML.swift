import Basics
import Figures
import Foundation
import Yams

/// Recipe files as text: YAML in, of which JSON is a part, and YAML or JSON out.
///
/// A recipe may come from a stranger: its size is bounded, and `YAMLLimits` looks at the rest before
/// any value is made.
enum RecipeYAML {
  static let byteLimit = 1 << 20

  struct Entry {
    let key: String
    let value: RecipeValue
    let line: Int
  }

  /// The top-level keys of the recipe in `data`; none if it is empty.
  static func entries(_ data: Data, of path: String) throws -> [Entry] {
    guard var text = String(data: data, encoding: .utf8) else {
      throw Failure(.badData, "\(path): is not UTF-8 text")
    }
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    try YAMLLimits.check(text, of: path)
    let root: Node?
    do {
      root = try compose(yaml: text, .default, .default, .utf8)
    } catch let error as YamlError {
      throw failure(error, of: path)
    }
    guard let root, !isNull(root) else { return [] }
    guard case .mapping(let mapping) = root else {
      throw Failure(.badData, "\(path): must hold options as 'name: value' lines")
    }
    return try mapping.map { key, value in
      let line = key.mark?.line ?? 1
      guard case .scalar(let name) = key else {
        throw Failure(.badData, "\(path):\(line): a key must be the name of an option")
      }
      return Entry(
        key: name.string, value: try self.value(value, "\(path):\(line)"), line: line)
    }
  }

  private static func value(_ node: Node, _ place: String) throws -> RecipeValue {
    switch node {
    case .scalar(let scalar):
      return isNull(node) ? .null : .text(scalar.string)
    case .sequence(let sequence):
      return .list(try sequence.map { try value($0, place) })
    case .mapping(let mapping):
      return .mapping(
        try mapping.map { key, value in
          guard case .scalar(let name) = key else {
            throw Failure(.badData, "\(place): a key must be plain text")
          }
          return .init(name.string, try self.value(value, place))
        })
    case .alias:
      throw Failure(.badData, "\(place): a recipe may not use YAML aliases (*name)")
    }
  }

  private static func isNull(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  private static func failure(_ error: YamlError, of path: String) -> Failure {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      Failure(.badData, "\(path):\(mark.line): is not YAML (\(problem))")
    case .duplicatedKeysInMapping(let keys, let context):
      Failure(.badData, "\(path):\(context.mark.line): '\(keys.first ?? "")' is given twice")
    case .reader(let problem, _, _, _):
      Failure(.badData, "\(path): is not YAML (\(problem))")
    default:
      Failure(.badData, "\(path): is not YAML")
    }
  }
}

extension Recipe {
  /// The whole recipe as a YAML file that `--recipe` reads back, a comment above each group.
  public func yaml() throws -> String {
    try RecipeGroup.allCases.map { group in
      let pairs = RecipeOption.all.filter { $0.group == group }
        .map { (Node($0.name), Self.node($0.value(in: self))) }
      return "# \(group.rawValue)\n" + (try serialize(node: Node(pairs), allowUnicode: true))
    }.joined(separator: "\n")
  }

  /// The whole recipe as one JSON object, keys sorted.
  public func json() throws -> String { try jsonText(self) }

  static func node(_ value: RecipeValue) -> Node {
    switch value {
    case .null: Node("null")
    case .number: Node(value.scalarText ?? "")
    case .text(let text): .scalar(text.represented())
    case .list(let items): Node(items.map(node), .implicit, items.isEmpty ? .flow : .any)
    case .mapping(let entries): Node(entries.map { (Node($0.key), node($0.value)) })
    }
  }
}
