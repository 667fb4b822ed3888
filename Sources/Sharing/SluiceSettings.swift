import Layers

/// Which form of a sluice network (Ruder et al. 2019): what its α and β are, and what is penalised.
/// The defaults are the complete network; the other architectures of Ruder et al. 2019 are other
/// values.
public struct SluiceSettings: Sendable, Equatable {
  /// What is known of α beforehand.
  public enum Flow: String, Sendable, CaseIterable, Codable {
    /// Every number is learned.
    case learned
    /// Every number is the same constant: what Ruder et al. call hard sharing.
    case constant
    /// Nothing flows between tasks: α_AB = 0 (group lasso).
    case withinTask
    /// The first subspace is private, the second one shared (Daumé III 2007).
    case privateAndShared
  }

  /// How learned numbers start.
  public enum Start: String, Sendable, CaseIterable, Codable {
    /// All equal.
    case balanced
    /// Most of the weight on one.
    case imbalanced
  }

  /// S, the subspaces of a layer, 1 or 2.
  public var subspaces = 2
  /// α.
  public var flow = Flow.learned
  /// How α starts: balanced 1/(S·M); imbalanced 0.95 on its own subspace and 0.05 over the others,
  /// without subspaces 0.9 on its own and 0.1 over the other tasks.
  public var alphaStart = Start.imbalanced
  /// What the output layer sees.
  public var mixture = LayerMixture.Kind.mixture
  /// How β starts: balanced 1/K; imbalanced 0.9 on the last layer and 0.1 over the others.
  public var betaStart = Start.imbalanced
  /// The weight of the orthogonality penalty between a layer's subspaces.
  public var orthogonality: Float = 0.1
  /// The weight of the group lasso over subspaces, where nothing flows between tasks.
  public var groupLasso: Float = 0.01

  /// The complete sluice network.
  public init() {}

  /// α of one layer for `tasks` tasks, row by row.
  func alpha(tasks: Int) -> [StitchUnit.Entry] {
    let size = subspaces * tasks
    return (0..<size * size).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: size)
      let isOwn = row == column
      let isOwnTask = row / subspaces == column / subspaces
      let isSameSubspace = row % subspaces == column % subspaces
      switch flow {
      case .learned:
        return .init(start: start(isOwn, among: size), group: index)
      case .constant:
        return .init(start: 1 / Float(size), group: nil)
      case .withinTask:
        guard isOwnTask else { return .init(start: 0, group: nil) }
        return .init(start: start(isOwn, among: subspaces), group: index)
      case .privateAndShared:
        guard isSameSubspace, isOwnTask || row % subspaces == 1 else {
          return .init(start: 0, group: nil)
        }
        // All tasks read the same sum of second subspaces: one number for each source.
        return row % subspaces == 0
          ? .init(start: 1, group: index) : .init(start: 1 / Float(tasks), group: column)
      }
    }
  }

  private func start(_ isOwn: Bool, among count: Int) -> Float {
    guard alphaStart == .imbalanced, count > 1 else { return 1 / Float(count) }
    let own: Float = subspaces > 1 ? 0.95 : 0.9
    return isOwn ? own : (1 - own) / Float(count - 1)
  }

  /// β of one task for `layers` layers.
  func beta(layers: Int) -> [Float] {
    (0..<layers).map { layer in
      guard betaStart == .imbalanced, layers > 1 else { return 1 / Float(layers) }
      return layer == layers - 1 ? 0.9 : 0.1 / Float(layers - 1)
    }
  }
}
