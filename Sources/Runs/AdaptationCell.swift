import Recipes

/// One training of an adaptation: on how many examples, from which seed, from what.
public struct AdaptationCell: Sendable {
  /// What a training starts from.
  public enum Kind: Equatable, Sendable {
    /// The encoder of the run, under the ticket of one of its tasks if there is one.
    case adapted(ticket: String?, isFrozen: Bool)
    /// The initialisation.
    case scratch

    /// What folders and tables call it, as in `adapted`, `frozen` and `ticket-ner`.
    public var name: String {
      switch self {
      case .scratch: "scratch"
      case .adapted(nil, false): "adapted"
      case .adapted(nil, true): "frozen"
      case .adapted(let ticket?, let isFrozen): (isFrozen ? "frozen-" : "") + "ticket-\(ticket)"
      }
    }
  }

  /// How many examples are drawn; nil for all.
  public let examples: Int?
  /// What its training starts from.
  public let kind: Kind
  /// The settings of its run.
  public let recipe: Recipe

  /// The training of `recipe` on `examples` examples under `seed`.
  init(_ recipe: Recipe, examples: Int?, seed: UInt64, _ kind: Kind) {
    var recipe = recipe
    recipe.trainSentences = examples ?? 0
    recipe.seed = seed
    self.recipe = recipe
    self.examples = examples
    self.kind = kind
  }

  /// Where its run is, seen from the adaptation's folder.
  public var folder: String {
    "\(examples.map(String.init) ?? "all")/seed-\(recipe.seed)/\(kind.name)"
  }

  /// What progress lines call it, as in `100 examples seed 1 adapted`.
  public var label: String {
    "\(examples.map(String.init) ?? "all") examples seed \(recipe.seed) \(kind.name)"
  }
}
