import Foundation
import Scoring

extension ComparisonScore: Codable {
  private enum CodingKeys: String, CodingKey {
    case variation, seed, sharing, task, source, domain, metric, value, sentences
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      variation: try container.decode(Int.self, forKey: .variation),
      seed: try container.decode(UInt64.self, forKey: .seed),
      sharing: try container.decode(String.self, forKey: .sharing),
      task: try container.decode(String.self, forKey: .task),
      source: try container.decodeIfPresent(String.self, forKey: .source),
      domain: try container.decodeIfPresent(String.self, forKey: .domain),
      metric: try container.decode(String.self, forKey: .metric),
      value: try container.decode(Double.self, forKey: .value),
      sentences: try container.decode(PackedCounts.self, forKey: .sentences).counts)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(variation, forKey: .variation)
    try container.encode(seed, forKey: .seed)
    try container.encode(sharing, forKey: .sharing)
    try container.encode(task, forKey: .task)
    try container.encodeIfPresent(source, forKey: .source)
    try container.encodeIfPresent(domain, forKey: .domain)
    try container.encode(metric, forKey: .metric)
    try container.encode(value, forKey: .value)
    try container.encode(PackedCounts(counts: sentences), forKey: .sentences)
  }
}

/// The counts of many sentences, of which a comparison keeps millions: in base 64, three numbers a
/// sentence (gold, predicted, correct), each seven bits a byte from the lowest on, the highest bit of a
/// byte telling that another follows.
struct PackedCounts: Codable {
  let counts: [SentenceCounts]

  /// More than any sentence has, and little enough for sums.
  private static let limit = 1 << 28

  init(counts: [SentenceCounts]) { self.counts = counts }

  /// - Throws: `DecodingError` if these cannot be the counts of sentences.
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let bytes = [UInt8](try container.decode(Data.self))
    var numbers: [Int] = []
    numbers.reserveCapacity(bytes.count)
    var (number, shift) = (0, 0)
    for byte in bytes {
      number |= Int(byte & 0x7f) << shift
      shift += 7
      guard number < Self.limit, shift <= 35 else { break }
      guard byte & 0x80 == 0 else { continue }
      numbers.append(number)
      (number, shift) = (0, 0)
    }
    let counts = stride(from: 0, to: numbers.count - numbers.count % 3, by: 3).map {
      SentenceCounts(gold: numbers[$0], predicted: numbers[$0 + 1], correct: numbers[$0 + 2])
    }
    guard shift == 0, numbers.count.isMultiple(of: 3),
      counts.allSatisfy({ $0.correct <= min($0.gold, $0.predicted) })
    else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "These are no counts of sentences.")
    }
    self.counts = counts
  }

  func encode(to encoder: any Encoder) throws {
    var bytes = Data(capacity: 3 * counts.count)
    for sentence in counts {
      for number in [sentence.gold, sentence.predicted, sentence.correct] {
        var rest = UInt(number)
        while rest > 0x7f {
          bytes.append(UInt8(rest & 0x7f | 0x80))
          rest >>= 7
        }
        bytes.append(UInt8(rest))
      }
    }
    var container = encoder.singleValueContainer()
    try container.encode(bytes)
  }
}
