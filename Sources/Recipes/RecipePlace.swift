import Basics

/// Where a value was given, for messages, and the folder its relative paths start from.
package struct RecipePlace: Sendable {
  /// `--lr`, or `small.yaml:3: lr`.
  package let name: String
  /// An absolute path.
  package let folder: String

  package init(name: String, folder: String) {
    self.name = name
    self.folder = folder
  }

  /// The failure that `value`, given here, cannot be accepted, and why.
  package func refuse(_ value: String, _ reason: String) -> Failure {
    Failure(.usage, "\(name) \(value): \(reason)")
  }

  /// One path or a list of them, made absolute.
  package func paths(_ value: RecipeValue) throws -> [String] {
    switch value {
    case .list(let items): try items.map { try path($0) }
    case .null: []
    default: [try path(value)]
    }
  }

  /// One path, made absolute.
  package func path(_ value: RecipeValue) throws -> String {
    guard let text = value.scalarText, !text.isEmpty, !text.utf8.contains(0) else {
      throw refuse(value.shown, "must be the path of a file")
    }
    return Self.absolute(text, from: folder)
  }

  /// `path` seen from `folder`, without `.` and `..`; symbolic links stay as they are.
  static func absolute(_ path: String, from folder: String) -> String {
    var parts: [Substring] = []
    for part in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }
}
