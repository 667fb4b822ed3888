import Figures

extension RunReport {
  /// The report for people: scores first, with settings last if they are asked for.
  public func document(withSettings: Bool) -> Document {
    Document(
      "Run \(name)", opening: missingNote,
      scoreSections + roundSections(isPage: false) + overlapSections(isPage: false)
        + [timeSection] + (withSettings ? [settingSection(isFolded: false)] : []))
  }

  /// What is not done, as the first thing that is read.
  var missingNote: [Document.Block] { missing.map { [.note($0)] } ?? [] }

  /// What networks are scored on, as titles have it.
  var splitName: String { split == .test ? "Test" : "Dev" }

  /// The scores of all architectures, and what to know of them.
  var scoreSections: [Document.Section] {
    let caption =
      "\(splitName) scores in per cent" + (split == .test ? "" : " (there are no test files)")
    let blocks: [Document.Block] =
      results.isEmpty
      ? [.paragraph("nothing is trained yet")]
      : [.table(results.scoreTable(caption))] + warnings.map { .note($0) }
    return [Document.Section("Scores", blocks)]
  }

  /// Seconds of training by stage.
  var timeSection: Document.Section {
    let rows = seconds.sorted { $0.key < $1.key }
    let all = rows.reduce(0) { $0 + $1.value }
    return Document.Section(
      "Times",
      [
        .table(
          Document.Table(
            "Seconds of training by stage, evaluation not counted; in all \(fixed(all, 1))",
            [["stage", "seconds"]] + rows.map { [$0.key, fixed($0.value, 1)] }))
      ])
  }

  /// The resolved recipe.
  func settingSection(isFolded: Bool) -> Document.Section {
    Document.Section("Settings", isFolded: isFolded, [.verbatim((try? recipe.yaml()) ?? "")])
  }
}
