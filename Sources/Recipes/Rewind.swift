import Basics

/// What surviving weights are reset to after a round: θ⁰.
public enum Rewind: Equatable, Sendable {
  /// The warm-up's best epoch.
  case warmup
  /// The initialisation.
  case `init`
  /// The weights after exactly so many epochs of the warm-up, from 1: late rewinding (Frankle et al.
  /// 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis"; Renda et al. 2020).
  case epoch(Int)

  /// The text that `init(text:)` takes: `warmup`, `init`, `epoch:3`.
  public var text: String {
    switch self {
    case .warmup: "warmup"
    case .`init`: "init"
    case .epoch(let epoch): "epoch:\(epoch)"
    }
  }

  /// What `text` says; nil if it is none of these.
  public init?(text: String) {
    switch text {
    case "warmup": self = .warmup
    case "init": self = .`init`
    default:
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == "epoch", let epoch = Int(parts[1]),
        (1...1_000_000).contains(epoch)
      else { return nil }
      self = .epoch(epoch)
    }
  }
}

extension Recipe {
  /// Checks that the warm-up has the epoch that weights are rewound to.
  ///
  /// - Throws: `Failure` of kind `usage` if it has not.
  func validateRewind() throws {
    guard case .epoch(let epoch) = rewind, epoch > warmupEpochs else { return }
    throw Failure(
      .usage, setting: "rewind", value: rewind.text,
      "the warm-up has \(warmupEpochs) epochs (warmup-epochs)")
  }
}

extension RecipeOption {
  /// What survivors are reset to.
  static let rewind = RecipeOption(
    "rewind", .prune, "warmup|init|epoch:n",
    allowed: "warmup, init, or an epoch of the warm-up from 1 on, as in epoch:3",
    "Surviving weights are reset to those after warm-up (its best epoch), to the initialisation, or "
      + "to those after the warm-up's nth epoch",
    read: { .text($0.rewind.text) },
    write: { recipe, value, _ in
      guard let rewind = value.scalarText.flatMap(Rewind.init(text:)) else { return false }
      recipe.rewind = rewind
      return true
    })
}
