import Basics

/// The part of a run an option takes effect in: once a stage has used the part, its options are
/// fixed for that run.
public enum RecipeGroup: String, Codable, CaseIterable, Sendable {
  /// The corpora, the labels and the seed.
  case data
  /// The test files, opened by nothing but the final scores.
  case evaluation
  /// The network.
  case model
  /// How every stage trains.
  case training
  /// Multi-task warm-up.
  case warmup
  /// Iterative magnitude pruning.
  case prune
  /// Training of the shared network.
  case train
}

/// One option of a recipe: its name, what it means, what it accepts, and where it is kept.
///
/// The table `RecipeOption.all` is the only list of options there is: recipe files, the command
/// line, conflicts with an existing run and the printed recipe all follow it.
public struct RecipeOption: Sendable {
  /// The kebab-case name, on the command line after `--`.
  public let name: String
  /// The part of a run it takes effect in.
  public let group: RecipeGroup
  /// What stands for its value in help texts.
  public let placeholder: String
  /// What it accepts, as in "must be …".
  public let allowed: String
  /// Whether it may be given several times on the command line.
  public let isRepeatable: Bool
  /// Whether it may still change once its group has been used.
  package let staysOpen: Bool
  private let meaning: String
  private let read: @Sendable (Recipe) -> RecipeValue
  private let write: @Sendable (inout Recipe, RecipeValue, RecipePlace) throws -> Bool

  /// - Parameter write: stores the value if it is acceptable, and says whether it was.
  init(
    _ name: String, _ group: RecipeGroup, _ placeholder: String, allowed: String,
    _ meaning: String, isRepeatable: Bool = false, staysOpen: Bool = false,
    read: @escaping @Sendable (Recipe) -> RecipeValue,
    write: @escaping @Sendable (inout Recipe, RecipeValue, RecipePlace) throws -> Bool
  ) {
    self.name = name
    self.group = group
    self.placeholder = placeholder
    self.allowed = allowed
    self.isRepeatable = isRepeatable
    self.staysOpen = staysOpen
    self.meaning = meaning
    self.read = read
    self.write = write
  }

  /// What the option means and its default, in one line.
  public var help: String {
    let usual = read(Recipe())
    let hasDefault = usual != .null && usual != .list([]) && usual != .text("")
    return hasDefault ? "\(meaning) (default: \(usual.shown))" : meaning
  }

  /// The option's value in `recipe`.
  public func value(in recipe: Recipe) -> RecipeValue { read(recipe) }

  /// Stores `value`, given at `place`, in `recipe`.
  ///
  /// - Throws: `Failure` of kind `usage` naming the place, the value and what is allowed.
  package func set(_ value: RecipeValue, in recipe: inout Recipe, at place: RecipePlace) throws {
    guard try write(&recipe, value, place) else {
      throw place.refuse(value.shown, "must be \(allowed)")
    }
  }
}

/// The kinds of option.
extension RecipeOption {
  typealias Field<Value> = WritableKeyPath<Recipe, Value> & Sendable

  static func integer(
    _ name: String, _ group: RecipeGroup, _ field: Field<Int>, _ range: ClosedRange<Int>,
    _ meaning: String
  ) -> RecipeOption {
    RecipeOption(
      name, group, "n",
      allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)", meaning,
      read: { .number(Double($0[keyPath: field])) },
      write: { recipe, value, _ in
        guard let number = value.scalarText.flatMap({ Int($0) }), range.contains(number) else {
          return false
        }
        recipe[keyPath: field] = number
        return true
      })
  }

  /// A number of `from...upTo`, without the ends that are marked as open.
  static func number(
    _ name: String, _ group: RecipeGroup, _ field: Field<Double>, from low: Double,
    openBelow: Bool = false, upTo high: Double, openAbove: Bool = false, _ meaning: String
  ) -> RecipeOption {
    let ends = [low, high].map { RecipeValue.number($0).shown }
    return RecipeOption(
      name, group, "x",
      allowed: "a number \(openBelow ? "above" : "from") \(ends[0])"
        + " \(openAbove ? "to below" : openBelow ? "and at most" : "to") \(ends[1])", meaning,
      read: { .number($0[keyPath: field]) },
      write: { recipe, value, _ in
        guard let number = value.scalarText.flatMap({ Double($0) }), number.isFinite,
          openBelow ? number > low : number >= low, openAbove ? number < high : number <= high
        else { return false }
        recipe[keyPath: field] = number
        return true
      })
  }

  static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ group: RecipeGroup, _ field: Field<Choice>, _ meaning: String
  ) -> RecipeOption {
    let names = Choice.allCases.map(\.rawValue)
    return RecipeOption(
      name, group, names.joined(separator: "|"), allowed: names.joined(separator: " or "),
      meaning,
      read: { .text($0[keyPath: field].rawValue) },
      write: { recipe, value, _ in
        guard let choice = value.scalarText.flatMap({ Choice(rawValue: $0) }) else { return false }
        recipe[keyPath: field] = choice
        return true
      })
  }

  static func path(
    _ name: String, _ group: RecipeGroup, _ field: Field<String?>, _ meaning: String
  ) -> RecipeOption {
    RecipeOption(
      name, group, "file", allowed: "the path of a file", meaning,
      read: { $0[keyPath: field].map { .text($0) } ?? .null },
      write: { recipe, value, place in
        recipe[keyPath: field] = value == .null ? nil : try place.path(value)
        return true
      })
  }

  /// A short text; left out: nil.
  static func name(
    _ name: String, _ group: RecipeGroup, _ field: Field<String?>, _ placeholder: String,
    _ meaning: String
  ) -> RecipeOption {
    RecipeOption(
      name, group, placeholder, allowed: "a name of up to 64 bytes", meaning,
      read: { $0[keyPath: field].map { .text($0) } ?? .null },
      write: { recipe, value, _ in
        let text = value.scalarText
        guard value == .null || (1...64).contains(text?.utf8.count ?? 0) else { return false }
        recipe[keyPath: field] = text
        return true
      })
  }

  static func paths(
    _ name: String, _ group: RecipeGroup, _ field: Field<[String]>, _ meaning: String
  ) -> RecipeOption {
    RecipeOption(
      name, group, "file", allowed: "paths of files", meaning, isRepeatable: true,
      read: { .list($0[keyPath: field].map { .text($0) }) },
      write: { recipe, value, place in
        recipe[keyPath: field] = try place.paths(value)
        return true
      })
  }
}
