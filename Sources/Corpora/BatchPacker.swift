import Batches

/// Packs sentences into batches by time step, without a dictionary look-up per token.
final class BatchPacker {
  private let encoded: EncodedCorpus
  private let labels: [Int32]
  private let values: [Float]
  private let level: LabelLevel
  /// The batch that used a form last, by form, and the form's index in that batch.
  private var stamps: [Int32]
  private var indices: [Int32]
  private var stamp: Int32 = 0

  /// - Parameters:
  ///   - labels: one for everything that `level` says of the corpus, or none.
  ///   - values: one for every sentence, or none.
  init(encoded: EncodedCorpus, labels: [Int32], values: [Float], level: LabelLevel) {
    self.encoded = encoded
    self.labels = labels
    self.values = values
    self.level = level
    stamps = [Int32](repeating: 0, count: encoded.corpus.forms.count)
    indices = stamps
  }

  /// - Parameter sentences: at least one, the longest first.
  func pack(_ sentences: [Int]) -> Batch {
    let corpus = encoded.corpus
    let ranges = sentences.map { corpus.range(ofSentence: $0) }
    let tokenCount = ranges.reduce(0) { $0 + $1.count }
    let hasTokenLabels = level == .token && !labels.isEmpty
    var stepSizes: [Int] = []
    var words: [Int32] = []
    var forms: [Int32] = []
    var formStarts: [Int32] = [0]
    var characters: [Int32] = []
    var gold: [Int32] = []
    words.reserveCapacity(tokenCount)
    forms.reserveCapacity(tokenCount)
    gold.reserveCapacity(hasTokenLabels ? tokenCount : 0)
    let table = corpus.features
    var features: [Float] = []
    features.reserveCapacity(tokenCount * (table?.dimension ?? 0))

    stamp += 1
    var alive = ranges.count
    for step in 0..<ranges[0].count {
      while ranges[alive - 1].count <= step { alive -= 1 }
      stepSizes.append(alive)
      for range in ranges[..<alive] {
        let token = range.lowerBound + step
        if let table {
          let start = token * table.dimension
          features.append(contentsOf: table.values[start..<start + table.dimension])
        }
        if hasTokenLabels { gold.append(labels[token]) }
        guard corpus.hasWords else { continue }
        let form = Int(corpus.tokens[token])
        if stamps[form] != stamp {
          stamps[form] = stamp
          indices[form] = Int32(formStarts.count - 1)
          let start = Int(encoded.formStarts[form])
          let end = Int(encoded.formStarts[form + 1])
          characters.append(contentsOf: encoded.formCharacters[start..<end])
          formStarts.append(Int32(characters.count))
        }
        words.append(encoded.formWords[form])
        forms.append(indices[form])
      }
    }
    if level != .token, !labels.isEmpty { gold = sentences.map { labels[$0] } }
    return Batch(
      sentences: sentences, packing: Packing(stepSizes: stepSizes),
      inputs: Inputs(
        words: words, forms: forms, formStarts: formStarts, characters: characters,
        features: features),
      labels: gold, values: values.isEmpty ? [] : sentences.map { values[$0] })
  }
}
