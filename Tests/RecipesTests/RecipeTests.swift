import Basics
import Foundation
import Recipes
import TestSupport
import Testing

@Suite struct RecipeTests {
  @Test func builtInCorpusBringsItsTasks() throws {
    let recipe = try resolve()
    #expect(recipe.usesBuiltInCorpus)
    #expect(recipe.tasks == RecipeTask.builtIn)
    #expect((recipe.layers, recipe.hidden, recipe.lr, recipe.rounds) == (2, 200, 0.1, 20))
  }

  @Test func optionNamesAreUnique() {
    #expect(Set(RecipeOption.all.map(\.name)).count == RecipeOption.all.count)
  }

  @Test(arguments: [
    ("layers", "0"), ("layers", "two"), ("hidden", "1.5"), ("word-dim", ""),
    ("char-filters", "-1"), ("dropout", "1"), ("dropout", "nan"), ("word-dropout", "-0.1"),
    ("batch", "0"), ("lr", "0"), ("lr", "inf"), ("momentum", "1"), ("lr-decay", "-1"),
    ("clip", "-5"), ("patience", "-1"), ("warmup-epochs", "-1"), ("rounds", "0"),
    ("density", "0"), ("density", "1.01"), ("epochs", "0"), ("seed", "-1"), ("head", "CRF"),
    ("optimizer", "adamw"), ("clip-by", ""), ("sampling", "none"), ("scope", "all"),
    ("criterion", "size"), ("rewind", "warm-up"), ("select", "worst"), ("word-column", "1000"),
    ("span-encoding", "iob1"), ("sharing", "sparse,sparse"), ("sharing", ","),
    ("execution", "fast"),
  ])
  func refusesValuesOutOfRange(name: String, value: String) throws {
    let failure = try #require(failure { try resolve((name, value)) })
    #expect(failure.kind == .usage)
    let shown = value.isEmpty ? "''" : value
    #expect(failure.message.hasPrefix("--\(name) \(shown): must be "))
  }

  @Test(arguments: [
    ("density", "1"), ("clip", "0"), ("char-filters", "0"), ("warmup-epochs", "0"),
    ("patience", "0"), ("lr", "1e-3"), ("seed", "9007199254740991"), ("dropout", "0"),
  ])
  func acceptsTheEndsOfRanges(name: String, value: String) throws {
    let recipe = try resolve((name, value))
    let option = try #require(RecipeOption.named(name))
    #expect(option.value(in: recipe) == .number(try #require(Double(value))))
  }

  @Test func everyFieldIsCheckedHoweverItWasSet() throws {
    var recipe = try resolve()
    recipe.momentum = 2
    #expect(
      failure { try recipe.validate(knownSharings: sharings) }?.message
        == "--momentum 2: must be a number from 0 to below 1")
  }

  @Test func unknownSharingNamesTheNearest() throws {
    let failure = try #require(failure { try resolve(("sharing", "hard,sprase")) })
    #expect(
      failure.message
        == "--sharing sprase: must be among \(sharings.joined(separator: ", ")); "
        + "did you mean 'sparse'?")
  }

  @Test func parsesTasks() throws {
    let recipe = try resolve(
      ("train", "/a"), ("train", "/b"), ("dev", "/c"), ("tasks", "ner=3,pp=position"))
    #expect(recipe.train == ["/a", "/b"])
    #expect(
      recipe.tasks == [
        RecipeTask(name: "ner", column: .index(3)), RecipeTask(name: "pp", column: .position),
      ])
  }

  @Test func labelsMayBeDeclared() throws {
    let plain = try resolve(("train", "/a"), ("dev", "/c"), ("tasks", "ner=3,pos=1"))
    let recipe = try resolve(("train", "/a"), ("dev", "/c"), ("tasks", "ner=3:spans,pos=1:plain"))
    #expect(recipe.tasks.map(\.labels) == [.spans, .plain])
    #expect(recipe.tasks.map(\.column) == plain.tasks.map(\.column))
    #expect(
      try recipe.json().replacing(":spans", with: "").replacing(":plain", with: "")
        == plain.json())
    var own = recipe
    own.declaredTasks[0].dev = ["/d"]
    for recipe in [plain, recipe, own] {
      let data = Data(try recipe.json().utf8)
      #expect(try JSONDecoder().decode(Recipe.self, from: data) == recipe)
    }
  }

  @Test(arguments: [
    ("ner=3:span", "--tasks ner=3:span: the column"), ("ner=3:", "--tasks ner=3:: the column"),
    ("ner=3:spans:plain", "--tasks ner=3:spans:plain: the column"),
    ("pp=position:spans", "--tasks pp=position:spans: the column"),
    ("aux=random:3:spans", "--tasks aux=random:3:spans: the column"),
    ("ner=3=4", "--tasks ner=3=4: must be name=column pairs"), ("", "--tasks '': must name a task"),
    ("ner=3,", "--tasks '': must name a task"), ("a=text:", "--tasks a=text:: after 'text:'"),
    ("a=comment:x=y", "--tasks a=comment:x=y: must be name=column"),
    ("a=comment:#", "--tasks a=comment:#: after 'comment:'"),
    ("pos,ner=3", "--tasks pos: the built-in corpus has columns"),
    ("ner=x", "--tasks ner=x: the column"),
    ("ner=-1", "--tasks ner=-1: the column"), ("a=1,a=2", "--tasks a: names two tasks"),
    ("../x=1", "--tasks ../x: must name a task"), ("all=1", "--tasks all: must name a task"),
    ("w=0", "--tasks w: column 0 holds the words"),
  ])
  func refusesBadTasks(text: String, message: String) throws {
    let failure = try #require(failure { try resolve(("tasks", text)) })
    #expect(failure.kind == .usage && failure.message.hasPrefix(message), "\(failure)")
  }

  @Test(arguments: [
    ([("train", "/a"), ("dev", "/b")], "--tasks: missing"),
    ([("train", "/a"), ("tasks", "ner=3")], "--dev: missing"),
    ([("dev", "/a"), ("tasks", "ner=3")], "--train: missing; task 'ner'"),
    ([("test", "/a"), ("tasks", "ner=3")], "--train: missing; task 'ner'"),
  ])
  func refusesIncompleteFiles(given: [(String, String)], message: String) throws {
    let failure = try #require(
      failure { try Recipe.resolve([layer(given)], knownSharings: sharings) })
    #expect(failure.kind == .usage && failure.message.hasPrefix(message), "\(failure)")
  }

  @Test func survivesJSON() throws {
    var recipe = try resolve(("train", "/a b"), ("dev", "/c"), ("tasks", "ner=3"), ("lr", "0.015"))
    recipe.declaredTasks.append(
      RecipeTask(
        name: "pos", column: .index(1), train: ["/t"], dev: ["/d"], test: ["/e"], wordColumn: 2))
    recipe.embeddings = "/glove \"x\".txt"
    recipe.seed = 9_007_199_254_740_991
    let data = Data(try recipe.json().utf8)
    #expect(try JSONDecoder().decode(Recipe.self, from: data) == recipe)
  }

  @Test func recordWithoutAnOptionGetsItsDefault() throws {
    let recipe = try JSONDecoder().decode(Recipe.self, from: Data(#"{"lr": 1}"#.utf8))
    #expect(recipe.lr == 1 && recipe.batch == 10 && recipe.execution == .auto)
  }
}
