import Basics
import Corpora
import Foundation
import Testing

@Suite struct RecutTests {
  @Test(arguments: [1, 2, 3, 7]) func sentencesHaveTheLength(length: Int) throws {
    let text = "a\tx\nb\ty\n\nc\tx\n\nd\tx\ne\tz\nf\tx\ng\ty\n"
    let format = try ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "t", source: .column(1))])
    let corpus = try Corpus(Data(text.utf8), named: "seven", format: format)
    let cut = try corpus.recut(every: length)
    #expect(cut.sentenceCount == 7 / length)
    #expect((0..<cut.sentenceCount).allSatisfy { cut.length(ofSentence: $0) == length })
    let words = (0..<cut.sentenceCount).flatMap { cut.words(ofSentence: $0) }
    #expect(words == Array("abcdefg".map(String.init).prefix(7 / length * length)))
    let labels = try cut.task("t")
    #expect(labels.labels.count == words.count)
    #expect(
      labels.labels.map { labels.table[$0] }
        == Array(corpus.tasks[0].labels.prefix(words.count)).map { corpus.tasks[0].table[$0] })
    #expect(cut.sentenceFiles.count == cut.sentenceCount)
    let failure = #expect(throws: Failure.self) { try corpus.recut(every: 8) }
    #expect(failure?.kind == .usage)
  }
}
