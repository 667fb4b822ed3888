import Sharing

/// The options of losses on shared and private states (Liu and Huang 2018, appendix 7.1).
public struct WritingOptions: Equatable, Sendable {
  /// Weight of the task discriminator.
  public var adversary = 0.0
  /// Weight of the penalty between shared and private states.
  public var orthogonalStates = 0.0

  /// What the options mean to networks.
  var settings: WritingSettings {
    var settings = WritingSettings()
    settings.adversary = Float(adversary)
    settings.orthogonality = Float(orthogonalStates)
    return settings
  }
}

extension RecipeOption {
  /// The options of losses on states.
  static let writing: [RecipeOption] = [
    .number(
      "adversary", .training, \.writing.adversary, from: 0, upTo: 1000,
      "Weight of a discriminator that tells tasks by the shared states, behind gradient reversal, 0 "
        + "for none; of M tasks it should come to tell 1/M (adversary_accuracy in metrics/)"),
    .number(
      "orthogonal-states", .training, \.writing.orthogonalStates, from: 0, upTo: 1000,
      "Weight of the penalty between shared and private states, 0 for none"),
  ]
}
