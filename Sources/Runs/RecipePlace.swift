import Basics

/// Where a value was given, for messages, and the folder its relative paths start from.
struct RecipePlace: Sendable {
  /// `--lr`, or `small.yaml:3: lr`.
  let name: String
  /// An absolute path.
  let folder: String

  /// The failure that `value`, given here, cannot be accepted, and why.
  func refuse(_ value: String, _ reason: String) -> Failure {
    Failure(.usage, "\(name) \(value): \(reason)")
  }

  /// One path or a list of them, made absolute.
  func paths(_ value: RecipeValue) throws -> [String] {
    switch value {
    case .list(let items): try items.map { try path($0) }
    case .null: []
    default: [try path(value)]
    }
  }

  /// One path, made absolute.
  func path(_ value: RecipeValue) throws -> String {
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

extension Array {
  /// The first key that two elements have in common.
  func firstDuplicate<Key: Hashable>(by key: (Element) -> Key) -> Key? {
    var seen: Set<Key> = []
    for element in self where !seen.insert(key(element)).inserted { return key(element) }
    return nil
  }
}

/// `; did you mean 'x'?` with the nearest of `names`, or nothing if none is near.
func didYouMean(_ word: String, among names: [String]) -> String {
  let nearest = names.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
  guard let nearest, nearest.1 <= max(2, word.count / 3) else { return "" }
  return "; did you mean '\(nearest.0)'?"
}

/// The fewest insertions, deletions and substitutions that turn `a` into `b`; long words are cut
/// to 64 characters, since only near names matter.
private func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.prefix(64))
  let b = Array(b.prefix(64))
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
