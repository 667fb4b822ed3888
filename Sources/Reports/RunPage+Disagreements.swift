import Figures

extension RunPage {
  /// Sentences on which architectures disagree, gold and predictions side by side.
  var disagreementSection: Document.Section? {
    guard let first = disagreements.first else { return nil }
    let several = first.sharings.count > 1
    return Document.Section(
      several ? "Where architectures disagree" : "Errors", isFolded: true,
      [
        .paragraph(
          "Of every task's \(report.split.rawValue) sentences"
            + (several ? " on whose labels architectures disagree" : " with errors")
            + ", those with most errors, \(Disagreement.most) at most."
            + " Wrong labels are marked with ✗; tokens on which all agree are left out.")
      ] + disagreements.flatMap(blocks))
  }

  /// The most tokens of a sentence that are listed.
  private static let mostPlaces = 30

  private func blocks(_ sentence: Disagreement) -> [Document.Block] {
    let isText = sentence.places[0].position == nil
    let rows = sentence.places.prefix(Self.mostPlaces).map { place in
      (isText ? [] : [Document.Cell("\(place.position!)"), Document.Cell(place.word, number: nil)])
        + [Document.Cell(place.gold, number: nil)]
        + place.predicted.map {
          Document.Cell($0, number: nil, mark: $0 == place.gold ? .none : .wrong)
        }
    }
    let more = sentence.places.count - Self.mostPlaces
    return [
      .table(
        Document.Table(
          "\(sentence.task), \(sentence.source): \(sentence.words.joined(separator: " ").prefix(600))",
          head: (isText ? [] : ["token", "word"]) + ["gold"] + sentence.sharings, groups: [rows]))
    ]
      + (more > 0
        ? [
          .note(
            "\(counted(more, "more token")) of this sentence \(more == 1 ? "is" : "are") not shown")
        ] : [])
  }
}
