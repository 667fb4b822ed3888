import Basics
import Corpora
import Foundation
import Testing

/// The corpus in `text`, read as the file `t`, with the columns given.
func corpus(_ text: String, word: Int = 0, _ columns: [String: Int] = ["x": 1]) throws -> Corpus {
  try Corpus(Data(text.utf8), named: "t", format: format(word: word, columns))
}

func format(word: Int = 0, _ columns: [String: Int] = ["x": 1]) throws -> ColumnFormat {
  try ColumnFormat(
    wordColumn: word,
    tasks: columns.sorted { $0.key < $1.key }.map {
      TaskSource(name: $0.key, source: .column($0.value))
    })
}

/// All sentences as `word/label` of the first task.
func sentences(_ corpus: Corpus) -> [[String]] {
  (0..<corpus.sentenceCount).map { s in
    corpus.range(ofSentence: s).map { i in
      let task = corpus.tasks[0]
      return "\(corpus.forms[corpus.tokens[i]])/\(task.table[task.labels[i]])"
    }
  }
}

/// Sentences with one label column, from `word/label word/label | …`.
func columns(
  _ text: String, _ source: TaskSource = TaskSource(name: "x", source: .column(1))
) throws -> Corpus {
  let lines = text.split(separator: " ").map {
    $0 == "|" ? "" : $0.split(separator: "/").joined(separator: "\t")
  }
  let format = try ColumnFormat(wordColumn: 0, tasks: [source])
  return try Corpus(Data(lines.joined(separator: "\n").utf8), named: "t", format: format)
}

/// The message of the failure that `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was thrown"
  } catch let failure as Failure {
    return failure.message
  } catch {
    return "\(error)"
  }
}

/// Writes `data` to a file of its own for the time of `body`.
func withFile(_ data: Data, _ body: (String) throws -> Void) throws {
  let path = NSTemporaryDirectory() + "corpora-\(UUID().uuidString)"
  try data.write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}
