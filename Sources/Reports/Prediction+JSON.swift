import Basics
import Corpora
import Foundation

extension Prediction.Input {
  /// One JSON object a line for every sentence, text or vector: its `tokens`, if it has words, and under
  /// each task's name its label, or those of its tokens; under `probabilities` by task, where these are
  /// told, a list of labels for each, as the network tells spans apart.
  ///
  /// - Throws: `Failure` of kind `badData` if a task is called as what else is in an object.
  func jsonLines(_ columns: [Prediction.Column]) throws -> Data {
    if let column = columns.first(where: { ["tokens", "probabilities"].contains($0.name) }) {
      throw Failure(
        .usage, setting: "jsonl", "a task is called \(column.name), as a key of every object is")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var result = Data()
    for sentence in 0..<corpus.sentenceCount {
      result.append(try encoder.encode(line(sentence, columns)))
      result.append(UInt8(ascii: "\n"))
    }
    return result
  }

  private func line(_ sentence: Int, _ columns: [Prediction.Column]) -> JSONLine {
    let range = corpus.range(ofSentence: sentence)
    var line = JSONLine(tokens: corpus.hasWords ? corpus.words(ofSentence: sentence) : nil)
    for column in columns {
      let isOfTokens = column.isOfTokens
      let places = isOfTokens ? range : sentence..<sentence + 1
      let values = Array(column.values[places])
      line.values[column.name] = isOfTokens ? .list(values) : .one(values[0])
      line.probabilities[column.name] = column.probabilities?[places].map { labels in
        labels.map { .init(label: $0.label, probability: $0.probability) }
      }
    }
    return line
  }
}

/// What one line says.
private struct JSONLine: Encodable {
  struct Label: Encodable {
    let label: String, probability: Float
  }

  enum Value: Encodable {
    case one(String)
    case list([String])

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .one(let text): try text.encode(to: encoder)
      case .list(let texts): try texts.encode(to: encoder)
      }
    }
  }

  let tokens: [String]?
  var values: [String: Value] = [:]
  var probabilities: [String: [[Label]]] = [:]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: StringKey.self)
    try container.encodeIfPresent(tokens, forKey: StringKey(stringValue: "tokens"))
    for (name, value) in values {
      try container.encode(value, forKey: StringKey(stringValue: name))
    }
    if !probabilities.isEmpty {
      try container.encode(probabilities, forKey: StringKey(stringValue: "probabilities"))
    }
  }
}
