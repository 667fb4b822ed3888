import Basics
import Batches

/// What synthetic experiments do to a corpus (Ruder et al. 2019: *Random* and *Copy*).
extension Corpus {
  /// The corpus of `count` of its sentences, drawn without replacement, in their old order; the
  /// corpus itself if it has no more than that.
  ///
  /// From equal streams a smaller number draws a part of what a greater one draws.
  public func drawing(_ count: Int, from stream: inout RandomStream) -> Corpus {
    guard count < sentenceCount else { return self }
    return choosing((0..<sentenceCount).shuffled(using: &stream).prefix(count).sorted())
  }

  /// The corpus of the sentences with the given numbers, in the order given, as if it had been
  /// read from files that hold no others: forms and labels of other sentences are not known.
  func choosing(_ sentences: [Int]) -> Corpus {
    let ranges = sentences.map { range(ofSentence: $0) }
    func pick(_ values: [Int32]) -> [Int32] { ranges.flatMap { values[$0] } }
    var chosen = self
    (chosen.forms, chosen.tokens) = forms.renumbering(pick(tokens))
    chosen.lines = pick(lines)
    chosen.sentenceStarts = ranges.reduce(into: [0]) { $0.append($0.last! + $1.count) }
    chosen.sentenceFiles = sentences.map { sentenceFiles[$0] }
    chosen.isCut = isCut.isEmpty ? [] : sentences.map { isCut[$0] }
    chosen.features = features?.choosing(ranges)
    for (index, task) in tasks.enumerated() {
      switch task.kind {
      case .classification:
        (chosen.tasks[index].table, chosen.tasks[index].labels) =
          task.table.renumbering(
            task.level == .token ? pick(task.labels) : sentences.map { task.labels[$0] })
      case .regression: chosen.tasks[index].values = sentences.map { task.values[$0] }
      }
    }
    return chosen
  }

  /// The corpus without a `share` of its sentences, and the corpus of those: round(`share` · S),
  /// at least one, drawn without replacement, both in their old order.
  ///
  /// - Throws: `Failure` of kind `usage` if `share` is not between 0 and 1, or nothing would be left.
  public func holdOut(
    _ share: Double, from stream: inout RandomStream
  ) throws -> (kept: Corpus, heldOut: Corpus) {
    let count = share > 0 && share < 1 ? max(1, Int((share * Double(sentenceCount)).rounded())) : 0
    guard count > 0, count < sentenceCount else {
      throw Failure(
        .usage, setting: "hold-out", value: "\(share)",
        "must leave some of the \(sentenceCount) sentences, and take some")
    }
    let shuffled = (0..<sentenceCount).shuffled(using: &stream)
    return (choosing(shuffled[count...].sorted()), choosing(shuffled[..<count].sorted()))
  }

  /// The corpus of the sentences of `files` alone, in their old order.
  public func keeping(files chosen: Set<String>) -> Corpus {
    let isChosen = files.map(chosen.contains)
    return choosing((0..<sentenceCount).filter { isChosen[Int(sentenceFiles[$0])] })
  }

  /// Permutes the labels of the task called `name` over all tokens, or all sentences: their
  /// distribution stays, but they say nothing any more about the words.
  ///
  /// - Throws: `Failure` of kind `usage` if there is no such task.
  public mutating func permuteLabels(
    ofTask name: String, from stream: inout RandomStream
  ) throws {
    _ = try task(name)
    for index in tasks.indices where tasks[index].name == name {
      tasks[index].labels.shuffle(using: &stream)
    }
  }
}

extension StringTable {
  /// The strings that the numbers `ids` stand for, numbered in the order met, and `ids` in the new
  /// numbers.
  fileprivate func renumbering(_ ids: [Int32]) -> (table: StringTable, ids: [Int32]) {
    var table = StringTable()
    var known = [Int32](repeating: -1, count: count)
    let renumbered = ids.map { id in
      if known[Int(id)] < 0 {
        known[Int(id)] = utf8(of: id).withUnsafeBytes { table.intern($0) }
      }
      return known[Int(id)]
    }
    return (table, renumbered)
  }
}
