import Basics
import Sharing

/// Where tickets start from, and which of a network's parts they are of.
extension RecipeOption {
  /// The options of initialisation and of what can be pruned.
  static let places: [RecipeOption] = [
    RecipeOption(
      "init-seed", .model, "n", allowed: "a whole number from 0 to \(maxSeed)",
      "Seed of the initialisation alone, so that runs of several --seed can share it; left out: "
        + "--seed",
      read: { $0.initSeed.map { .number(Double($0)) } ?? .null },
      write: { recipe, value, _ in
        let seed = value.scalarText.flatMap { UInt64($0) }
        guard value == .null || seed.map({ $0 <= maxSeed }) == true else { return false }
        recipe.initSeed = seed
        return true
      }),
    RecipeOption(
      "mask-scope", .model, "part,…",
      allowed: "parts out of " + PrunablePart.allCases.map(\.rawValue).joined(separator: ", ")
        + ", each once",
      "Parts of the network whose weights can be pruned: the weight matrices between input and heads, "
        + "the table of word vectors, those of tasks' heads",
      read: { recipe in
        .text(
          PrunablePart.allCases.filter(recipe.maskScope.contains).map(\.rawValue)
            .joined(separator: ","))
      },
      write: { recipe, value, _ in
        let items: [RecipeValue] = if case .list(let items) = value { items } else { [value] }
        let names = items.flatMap { item in
          (item.scalarText ?? "").split(separator: ",", omittingEmptySubsequences: false)
        }
        let parts = names.compactMap { PrunablePart(rawValue: String($0)) }
        guard parts.count == names.count, Set(parts).count == parts.count else { return false }
        recipe.maskScope = Set(parts)
        return true
      }),
  ]
}

extension Recipe {
  /// Checks that the network has what is to be pruned, and that tasks share some of it.
  ///
  /// - Throws: `Failure` of kind `usage` if not.
  func validateMaskScope() throws {
    let shown = RecipeOption.named("mask-scope")!.value(in: self).shown
    if maskScope.contains(.embeddings), wordDim == 0 || tasks.contains(where: \.readsVectors) {
      throw Failure(
        .usage, setting: "mask-scope", value: shown,
        tasks.contains(where: \.readsVectors)
          ? "tasks that read feature vectors have no word vectors; leave out embeddings"
          : "there are no word vectors (word-dim 0); leave out embeddings")
    }
    if maskScope == [.heads] {
      throw Failure(
        .usage, setting: "mask-scope", value: shown,
        "a head belongs to one task, so such tickets would share nothing; add encoder or embeddings"
      )
    }
  }
}
