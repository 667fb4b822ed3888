import Layers
import Sharing

/// The options of sluice networks (Ruder et al. 2019) and of the architectures that are other forms
/// of them.
public struct SluiceOptions: Equatable, Sendable {
  /// Subspaces of a layer, S.
  public var subspaces = 2
  /// Whether α is learned.
  public var alpha = Alpha.learned
  /// How α starts.
  public var alphaInit = SluiceSettings.Start.imbalanced
  /// What the output layer sees.
  public var layerMix = LayerMixture.Kind.mixture
  /// How β starts.
  public var betaInit = SluiceSettings.Start.imbalanced
  /// Weight of the orthogonality penalty.
  public var orthogonality = 0.1
  /// Weight of the penalty of group-lasso.
  public var groupLasso = 0.01

  /// Whether α is learned or one constant.
  public enum Alpha: String, CaseIterable, Sendable { case learned, constant }

  /// What the options mean to the architectures.
  var settings: SluiceSettings {
    var settings = SluiceSettings()
    settings.subspaces = subspaces
    settings.flow = alpha == .learned ? .learned : .constant
    settings.alphaStart = alphaInit
    settings.mixture = layerMix
    settings.betaStart = betaInit
    settings.orthogonality = Float(orthogonality)
    settings.groupLasso = Float(groupLasso)
    return settings
  }
}

extension RecipeOption {
  /// The options of sluice networks and their relatives.
  static let sluice: [RecipeOption] = [
    .integer(
      "subspaces", .model, \.sluice.subspaces, 1...2, "Subspaces of a layer in sluice networks"),
    .choice("alpha", .model, \.sluice.alpha, "α of sluice networks: learned, or one constant"),
    .choice(
      "alpha-init", .model, \.sluice.alphaInit,
      "How learned α starts: all equal, or mostly each task's own states"),
    .choice(
      "layer-mix", .model, \.sluice.layerMix,
      "What the output layer of sluice networks sees: layers times learned β, their sum, "
        + "all side by side, or the last"),
    .choice(
      "beta-init", .model, \.sluice.betaInit, "How β starts: all equal, or mostly the last layer"),
    .number(
      "orthogonality", .training, \.sluice.orthogonality, from: 0, upTo: 1000,
      "Weight of the penalty between the subspaces of sluice networks"),
    .number(
      "group-lasso", .training, \.sluice.groupLasso, from: 0, upTo: 1000,
      "Weight of the penalty of group-lasso networks"),
  ]
}
