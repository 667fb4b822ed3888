import Basics
import Pruning

/// How tickets are found, beyond what iterative magnitude pruning needs to be told.
public struct MaskOptions: Equatable, Sendable {
  /// What tasks have to do with each other's tickets.
  public enum Combination: String, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// They agree on one ticket (Sun et al. 2022).
    case agree
    /// A task prunes what earlier ones have left (as in PackNet, Mallya and Lazebnik 2018).
    case exclude
  }

  /// When weights go.
  public var schedule = PruningSettings.Schedule.rounds
  /// What rounds start from.
  public var after = PruningSettings.Continuation.rewind
  /// Batches that a criterion without training looks at; 0 for all.
  public var scoreBatches = 100
  /// What tasks have to do with each other's tickets.
  public var combine = Combination.none
  /// What all tickets together may keep, as a share of the prunable weights; 0 for no such limit.
  public var unionDensity = 0.0

  /// How tasks decide on their masks together; nil if they do not.
  package var agreement: Agreement? {
    combine == .agree ? .common : unionDensity > 0 ? .union : nil
  }
}

extension RecipeOption {
  /// The options of how tickets are found.
  static let masks: [RecipeOption] = [
    .choice(
      "schedule", .prune, \.masks.schedule,
      "When weights go: after each of --rounds rounds, all after one, or after each of the first "
        + "--rounds epochs of one training"),
    .choice(
      "after", .prune, \.masks.after,
      "What a round starts from: θ⁰, or the last round's best dev epoch, with a fresh optimiser and "
        + "the last learning rate throughout or the first one again"),
    .integer(
      "score-batches", .prune, \.masks.scoreBatches, 0...1_000_000,
      "Batches that snip and grasp look at in a round, 0 for all"),
    .choice(
      "combine", .prune, \.masks.combine,
      "Tickets by task on its own, one on which all agree, or disjoint ones: a task prunes from what "
        + "those before it left"),
    .number(
      "union-density", .prune, \.masks.unionDensity, from: 0, upTo: 1,
      "What all tickets together may keep, alive / prunable, all of one size, in the place of "
        + "--density, with --select last; 0 for no such limit"),
  ]
}

extension Recipe {
  /// Checks that the ways of finding tickets go together.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option.
  func validateMasks() throws {
    func refuse(_ option: String, _ value: String, _ why: String) -> Failure {
      Failure(.usage, setting: option, value: value, why)
    }
    let settings = pruning
    let trainsWeights = !criterion.looksAhead
    if criterion == .synflow, !tasks[0].readsVectors {
      throw refuse(
        "criterion", "synflow",
        "needs a network whose output grows as its weights do; LSTM gates saturate, so that the flow "
          + "through them says nothing. It is for ReLU layers over feature vectors; snip and grasp "
          + "look at any network before training")
    }
    if masks.after != .rewind {
      if !trainsWeights {
        throw refuse(
          "after", masks.after.rawValue,
          "criterion \(criterion.rawValue) trains no weights to go on from; leave it out")
      }
      if masks.schedule == .gradual {
        throw refuse(
          "after", masks.after.rawValue,
          "gradual pruning is one training without rounds; leave it out"
        )
      }
    }
    if masks.schedule == .gradual {
      if criterion.isMeasured {
        throw refuse(
          "schedule", "gradual",
          "criterion \(criterion.rawValue) trains nothing in which weights could go; use rounds or "
            + "one-shot")
      }
      if roundEpochs <= settings.lastAtWork {
        throw refuse(
          "schedule", "gradual",
          "\(rounds) prunings, one an epoch, need more than round-epochs \(roundEpochs)")
      }
    }
    guard masks.combine != .none || masks.unionDensity > 0 else { return }
    let (option, value) =
      masks.combine == .none
      ? ("union-density", "\(masks.unionDensity)") : ("combine", masks.combine.rawValue)
    if masks.combine != .none, masks.unionDensity > 0 {
      throw refuse(
        option, value,
        masks.combine == .agree
          ? "one ticket is its own union; give its density instead of union-density"
          : "disjoint tickets have the union that density says; leave out union-density")
    }
    if tasks.count == 1 { throw refuse(option, value, "there is one task only") }
    if masks.combine == .exclude, density * Double(tasks.count) >= 1 {
      throw refuse(
        option, value,
        "\(tasks.count) disjoint tickets of density \(density) are not fewer than all weights")
    }
    let hasRounds = settings.prunings > 1 && masks.schedule != .gradual
    if masks.combine != .agree, hasRounds, select == .best {
      throw refuse(
        option, value,
        "needs select last: tickets of earlier rounds have more weights than that leaves"
      )
    }
  }
}
