extension DataCheck {
  /// How long the texts of a split are, and how many are there more than once.
  public struct TextCounts: Codable, Sendable {
    /// Tokens a text.
    public let mean: Double, median: Double
    /// How many texts a run would cut.
    public let cut: Int
    /// How many texts are, token by token, the same as an earlier one of the split.
    public let repeated: Int

    /// - Parameter limit: how many tokens of a text a run would keep, 0 for all.
    static func of(
      _ corpora: [(split: String, corpus: Corpus)], limit: Int
    ) -> [TextCounts] {
      var table = StringTable()
      return corpora.map { _, corpus in
        let texts = corpus.texts(in: &table)
        let lengths = (0..<corpus.sentenceCount).map(corpus.length).sorted()
        return TextCounts(
          mean: Double(corpus.tokenCount) / Double(max(1, lengths.count)),
          median: lengths.isEmpty
            ? 0 : Double(lengths[(lengths.count - 1) / 2] + lengths[lengths.count / 2]) / 2,
          cut: limit > 0 ? lengths.count { $0 > limit } : 0,
          repeated: texts.count - Set(texts).count)
      }
    }
  }
}

extension DataCheck {
  /// What splits share, a line each pair.
  public var sharedSummary: [String] {
    splits.flatMap { split in
      split.shared.map { other in
        let least =
          other.unit == "vectors" ? "" : " of \(SharedSentences.fewestTokens) tokens or more"
        return "\(split.split): \(other.shared) of \(other.counted) \(other.unit)\(least) also in "
          + other.split + (other.shared > 0 ? ", \(other.sameLabels) with the same labels" : "")
      }
    }
  }

  /// Lengths, labels and repetitions of texts, split by split, a line each; none for tokens.
  public var textSummary: [String] {
    splits.flatMap { split -> [String] in
      guard let texts = split.texts else { return [] }
      let mean = (10 * texts.mean).rounded() / 10
      var parts = [
        "\(split.sentences) texts, \(mean) tokens on average, median \(texts.median), longest "
          + "\(split.longestSentence)"
      ]
      if texts.cut > 0 { parts.append("\(texts.cut) would be cut") }
      if texts.repeated > 0 { parts.append("\(texts.repeated) repeated") }
      let labels = split.tasks.compactMap { task in
        task.labelCounts.map { counts in
          let shown = counts.prefix(20).map { "\($0.label) (\($0.texts))" }
          let more = counts.count - shown.count
          return "\(split.split): labels of \(task.task): " + shown.joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
        }
      }
      return ["\(split.split): " + parts.joined(separator: "; ")] + labels
    }
  }
}

extension Corpus {
  /// A number for every sentence, the same for those whose forms are the same.
  fileprivate func texts(in table: inout StringTable) -> [Int32] {
    var bytes: [UInt8] = []
    return (0..<sentenceCount).map { sentence in
      bytes.removeAll(keepingCapacity: true)
      for token in range(ofSentence: sentence) {
        bytes += forms.utf8(of: tokens[token])
        // No form holds a tab.
        bytes.append(9)
      }
      return bytes.withUnsafeBytes { table.intern($0) }
    }
  }
}

extension TaskColumn {
  /// How many texts or vectors bear each label, the most frequent first; nil for others.
  var textLabelCounts: [DataCheck.LabelCount]? {
    guard level != .token, kind == .classification else { return nil }
    var counts = [Int](repeating: 0, count: table.count)
    for label in labels { counts[Int(label)] += 1 }
    return table.byFalling(counts).map {
      DataCheck.LabelCount(label: table[$0], texts: counts[Int($0)])
    }
  }

  /// Where the values of a task of regression lie; nil if there are none.
  var valueRange: DataCheck.ValueRange? {
    guard let least = values.min(), let most = values.max() else { return nil }
    let sum = values.reduce(0.0) { $0 + Double($1) }
    return DataCheck.ValueRange(least: least, most: most, mean: sum / Double(values.count))
  }
}
