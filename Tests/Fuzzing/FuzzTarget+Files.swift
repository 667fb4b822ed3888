import Basics
import Corpora
import Foundation
import Masks
import Recipes
import Runs
import Sharing

extension FuzzTarget {
  /// Files that stand for themselves.
  static let files = [
    FuzzTarget(name: "ticket") { data in
      let ticket = try Ticket(data: data)
      // What has been read can be written, and is the same then.
      let again = try! Ticket(data: ticket.encoded())
      precondition(again.masks == ticket.masks)
    },
    // The same with lengths and checksum that are right, so that what is inside is reached: two bytes
    // for the length of the header, the header, data.
    FuzzTarget(name: "ticket-payload") { data in
      guard data.count >= 2 else { return }
      let bytes = [UInt8](data)
      let header = bytes[2...].prefix(Int(bytes[0]) | Int(bytes[1]) << 8)
      let file = TicketFile.assemble(
        origin: [UInt8](repeating: 7, count: 32), header: Array(header),
        sections: [Array(bytes[header.endIndex...])])
      let ticket = try Ticket(data: file)
      let again = try! Ticket(data: ticket.encoded())
      precondition(again.masks == ticket.masks)
      _ = try Overlap(of: [("a", ticket), ("b", ticket)])
    },
    FuzzTarget(name: "safetensors") { data in
      let file = try SafeTensors(data: data, named: "x")
      for tensor in file.tensors where tensor.type == .f32 { _ = try file.floats(tensor.name) }
    },
    FuzzTarget(name: "columns") { data in
      let format = try ColumnFormat(
        wordColumn: 0,
        tasks: [
          TaskSource(name: "pos", source: .column(1)), TaskSource(name: "ner", source: .column(2)),
          TaskSource(name: "pp", source: .position),
        ])
      let corpus = try Corpus(data, named: "x", format: format)
      let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
      _ = EncodedCorpus(corpus, vocabulary)
    },
    FuzzTarget(name: "texts") { data in
      // The first byte says how the file is written.
      let kinds = TextFormat.Kind.allCases
      let kind = kinds[Int(data.first ?? 0) % kinds.count]
      let format = try TextFormat(
        kind: kind, tasks: [TaskSource(name: "label", source: .text(column: nil))])
      let corpus = try Corpus(texts: data.dropFirst(), named: "x", format: format)
      _ = EncodedCorpus(corpus, try Vocabulary(training: [corpus], encoding: .bioes))
    },
    FuzzTarget(name: "vectors") { data in
      _ = try Embeddings(file: file("vectors.txt", data), dimension: 3, vocabulary: words)
    },
    FuzzTarget(name: "vocabulary") { data in
      _ = try Vocabulary(json: [UInt8](data), named: "x")
    },
    FuzzTarget(name: "recipe") { data in
      _ = try Recipe.resolve(
        [RecipeLayer.file(file("recipe.yaml", data))],
        knownSharings: Architecture.all.map(\.name))
    },
    FuzzTarget(name: "metrics") { data in
      try MetricsLog.forEachLine(of: file("metrics.jsonl", data)) { _, _ in }
    },
  ]

  private static let words: Vocabulary = {
    let format = try! ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "pos", source: .column(1))])
    let corpus = try! Corpus(
      Data("the\tD\nof\tP\n\nCat\tN\n".utf8), named: "x", format: format)
    return try! Vocabulary(training: [corpus], encoding: .bioes)
  }()
}
