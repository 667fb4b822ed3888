import Foundation

/// Where features of tokens, computed elsewhere, stand: a safetensors file for every column file or
/// file of texts.
public struct TokenFeatures: Equatable, Sendable {
  /// The path of the features, in which `{file}` stands for the file's path and `{name}` for its
  /// name without folders.
  public let pattern: String

  /// Features under `pattern`.
  public init(_ pattern: String) { self.pattern = pattern }

  /// The file with the features of the tokens of `file`.
  public func file(for file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return pattern.replacingOccurrences(of: "{file}", with: file)
      .replacingOccurrences(of: "{name}", with: name)
  }

  /// Whether `pattern` names another file for every file.
  private static func isPattern(_ pattern: String) -> Bool {
    ["{file}", "{name}"].contains { pattern.contains($0) }
  }

  /// The option.
  static let option = RecipeOption(
    "token-features", .data, "pattern",
    allowed: "a path with '{file}' for the file's path or '{name}' for its name, as in "
      + "'{file}.safetensors'",
    "Features of tokens beside words and characters, a safetensors file for every file of tokens, "
      + "as in '{file}.safetensors', with a row of the tensor 'features' a token",
    read: { $0.tokenFeatures.map { .text($0.pattern) } ?? .null },
    write: { recipe, value, place in
      guard value != .null else {
        recipe.tokenFeatures = nil
        return true
      }
      guard let text = value.scalarText, isPattern(text) else { return false }
      // The file's own path is absolute already.
      recipe.tokenFeatures = TokenFeatures(
        text.hasPrefix("{file}") ? text : try place.path(value))
      return true
    })
}
