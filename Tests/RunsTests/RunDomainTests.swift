import Basics
import Corpora
import Foundation
import Recipes
import Runs
import TestSupport
import Testing

/// What a run makes of domains: its data and its record.
@Suite struct RunDomainTests {
  private let scratch: Scratch

  /// Two domains with words and labels of their own: `news` of 12 sentences, `bio` of 8.
  init() throws {
    scratch = try Scratch()
    for (domain, count) in [("news", 12), ("bio", 8)] {
      for split in ["train", "dev", "test"] {
        let sentences = (0..<count).map { "\(domain)\($0)\tX\($0 % 3)\nthe\tD\(domain)\n\n" }
        try scratch.file("\(domain).\(split)", sentences.joined())
      }
    }
  }

  private func given(_ more: (String, String)...) -> RecipeLayer {
    layer(
      [
        ("train", scratch.path("{domain}.train")), ("test", scratch.path("{domain}.test")),
        ("tasks", "pos=1,length=position"), ("task-domains", "news,bio"),
      ] + more)
  }

  private func source(_ more: (String, String)...) throws -> (RunData, Vocabulary) {
    var settings = given().settings
    settings += layer(more).settings
    let recipe = try Recipe.resolve(
      [RecipeLayer(settings: settings)], knownSharings: sharings)
    let source = try RunData(recipe)
    return (source, try Vocabulary(training: source.corpora(.train), encoding: .bioes))
  }

  /// What is found of a domain is what reading its file alone finds.
  @Test func unitedDomainsAreTakenApart() throws {
    let (data, vocabulary) = try source(
      ("domains-as", "united"), ("dev", scratch.path("{domain}.dev")))
    let corpora = try data.corpora(.test)
    #expect(corpora.count == 1 && corpora[0].sentenceCount == 20)
    let domains = try data.domains(corpora, of: .test, vocabulary)
    #expect(domains.map { $0.map(\.domain) } == [["news", "bio"], ["news", "bio"]])
    for (domain, found) in domains[0] {
      let read = EncodedCorpus(
        try Corpus(
          files: [scratch.path("\(domain).test")],
          format: ColumnFormat(wordColumn: 0, tasks: [TaskSource(name: "pos", source: .column(1))])),
        vocabulary)
      let alone = try TaskData(read, task: "pos")
      #expect(found.labels == alone.labels && found.count > 0)
      let (a, b) = (found.encoded.corpus, alone.encoded.corpus)
      #expect(a.tokens.map { a.forms[$0] } == b.tokens.map { b.forms[$0] })
      #expect(a.lines == b.lines && a.sentenceStarts == b.sentenceStarts)
    }
  }

  /// Sentences held out of the training files are dev sentences of their domains.
  @Test func heldOutSentencesKeepTheirDomain() throws {
    let (data, vocabulary) = try source(("domains-as", "united"), ("hold-out", "0.5"))
    let corpora = try data.corpora(.dev)
    let domains = try data.domains(corpora, of: .dev, vocabulary)[0]
    let counts = domains.map(\.data.encoded.corpus.sentenceCount)
    #expect(corpora[0].sentenceCount == 10 && counts.reduce(0, +) == 10 && counts.count == 2)
    for (domain, found) in domains {
      let corpus = found.encoded.corpus
      #expect(
        (0..<corpus.sentenceCount).allSatisfy { corpus.words(ofSentence: $0)[0].hasPrefix(domain) })
    }
  }

  @Test func whatIsNotUnitedHasNoParts() throws {
    let (separate, vocabulary) = try source(("dev", scratch.path("{domain}.dev")))
    let corpora = try separate.corpora(.test)
    #expect(corpora.map(\.sentenceCount) == [12, 8])
    #expect(try separate.domains(corpora, of: .test, vocabulary).allSatisfy(\.isEmpty))
    // Dev sentences of all domains in one file belong to none.
    let (united, all) = try source(
      ("domains-as", "united"), ("dev", scratch.path("news.dev")))
    let dev = try united.corpora(.dev)
    #expect(try united.domains(dev, of: .dev, all).allSatisfy(\.isEmpty))
    #expect(dev[0].sentenceCount == 12)
  }

  @Test func aRunGoesOnWithTheSameDomains() throws {
    let out = scratch.path("run")
    func open(_ layer: RecipeLayer) throws -> RunDirectory {
      try RunDirectory.openOrCreate(out, [layer], knownSharings: sharings)
    }
    let usual = given(("hold-out", "0.5"))
    let recipe = try open(usual).recipe
    #expect(recipe.tasks.map(\.name) == ["pos-news", "pos-bio", "length-news", "length-bio"])
    try open(usual).freeze(.data, .model, .training)
    #expect(try open(usual).recipe == recipe)
    let read = try RunDirectory.open(out, forWork: false)
    #expect(read.recipe == recipe && read.data.count == 2)
    for (option, value, old) in [
      ("task-domains", "bio,news", "news,bio"), ("domains-as", "united", "separate"),
    ] {
      #expect(
        failure { try open(layer([(option, value)])) }?.message
          == "--\(option) \(value): the run \(out) was started with \(old);"
          + " leave the option out, or choose another folder")
    }
  }
}
