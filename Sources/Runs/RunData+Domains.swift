import Corpora
import Recipes

extension RunData {
  /// A split's `corpora` seen through `vocabulary`, taken apart by domain: for every task, in
  /// the recipe's order, those of its united domains that have sentences there.
  ///
  /// - Throws: as `tasks`.
  public func domains(
    _ corpora: [Corpus], of split: Split, _ vocabulary: Vocabulary
  ) throws -> [[(domain: String, data: TaskData)]] {
    let parts = zip(groups, corpora).map { group, corpus in
      // Tasks of the same files have the same domains.
      united(corpus, of: tasks.first { $0.name == group.tasks[0] }!, split).map {
        (domain: $0.domain, encoded: EncodedCorpus($0.corpus, vocabulary))
      }
    }
    return try tasks.map { task in
      try parts[index(ofGroup: task)].map {
        ($0.domain, try TaskData($0.encoded, task: task.name))
      }
    }
  }

  /// The sentences of each of the domains that `task` unites; of none where no file of the split is
  /// called after its domain.
  private func united(
    _ corpus: Corpus, of task: RecipeTask, _ split: Split
  ) -> [(domain: String, corpus: Corpus)] {
    // Sentences held out for dev stand in the training files.
    let split = split == .dev && recipe.holdOut > 0 ? .train : split
    let names = Self.files(of: task.restricted(to: DomainOptions.mark), split, recipe)
    guard recipe.domains.arrangement == .united, names.contains(where: DomainOptions.isMarked)
    else { return [] }
    return task.domains.compactMap { domain in
      let files = Self.files(of: task.restricted(to: domain), split, recipe)
      let part = corpus.keeping(files: Set(files))
      return part.sentenceCount == 0 ? nil : (domain, part)
    }
  }
}
