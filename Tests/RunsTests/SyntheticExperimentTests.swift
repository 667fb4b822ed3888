import Basics
import Foundation
import Recipes
import Runs
import TestSupport
import Testing

/// The options of synthetic experiments: random and copied tasks, a part of the training data.
@Suite struct SyntheticExperimentTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    func sentence(_ s: Int) -> String {
      (0...(s % 4)).map { "w\(s)-\($0) T\((s + $0) % 7) B-L\(s % 3)\n" }.joined()
    }
    let text = (0..<60).map { sentence($0) + "\n" }.joined()
    for name in ["train", "dev", "test"] { try scratch.file(name, text) }
  }

  private func recipe(_ given: (String, String)...) throws -> Recipe {
    let files = ["train", "dev", "test"].map { ($0, scratch.path($0)) }
    return try Recipe.resolve([layer(files + given)], knownSharings: sharings)
  }

  /// The labels of task `task` in a split, token by token.
  private func labels(
    _ recipe: Recipe, _ split: RunData.Split, task: String
  ) throws -> [String] {
    let column = try RunData(recipe).corpora(split)[0].task(task)
    return column.labels.map { column.table[$0] }
  }

  @Test func randomAndCopiedTasksReadTheSameColumn() throws {
    let recipe = try recipe(("tasks", "pos=1,copy=1,aux=random:1,other=random:1"))
    for split in RunData.Split.allCases {
      let pos = try labels(recipe, split, task: "pos")
      #expect(try labels(recipe, split, task: "copy") == pos)
      let aux = try labels(recipe, split, task: "aux")
      #expect(aux != pos && aux.sorted() == pos.sorted())
      // As often as chance has it.
      let equal = zip(aux, pos).filter { $0 == $1 }.count
      #expect(Double(equal) / Double(pos.count) < 0.3)
      #expect(try labels(recipe, split, task: "other") != aux)
      #expect(try labels(recipe, split, task: "aux") == aux)
    }
    // The splits hold the same text here, but are permuted each by itself.
    #expect(try labels(recipe, .train, task: "aux") != labels(recipe, .dev, task: "aux"))
  }

  @Test func theSeedAndTheTaskDecideTheLabels() throws {
    let aux = try labels(recipe(("tasks", "aux=random:1")), .train, task: "aux")
    let among = try recipe(("tasks", "pos=1,aux=random:1"))
    #expect(try labels(among, .train, task: "aux") == aux)
    let seeded = try recipe(("tasks", "aux=random:1"), ("seed", "2"))
    #expect(try labels(seeded, .train, task: "aux") != aux)
  }

  @Test func randomTasksStandInRecipesAsTheyWereGiven() throws {
    let recipe = try recipe(("tasks", "pos=1,aux=random:1"), ("train-sentences", "7"))
    #expect(recipe.tasks[1] == RecipeTask(name: "aux", column: .random(of: 1)))
    let json = try recipe.json()
    #expect(json.contains(#""pos=1,aux=random:1""#))
    #expect(try JSONDecoder().decode(Recipe.self, from: Data(json.utf8)) == recipe)
    for text in [
      "tasks: aux=random:1", "tasks: {aux: random:1}", "tasks: [{name: aux, column: random:1}]",
      "tasks:\n  aux: {column: 'random:1', train: a, dev: b}", #"{"tasks": {"aux": "random:1"}}"#,
    ] {
      let file = try RecipeLayer.file(scratch.file("recipe.yaml", text))
      let read = try Recipe.resolve(
        [file, layer([("train", "/a"), ("dev", "/b")])], knownSharings: sharings)
      #expect(read.tasks.map(\.column) == [.random(of: 1)], "\(text)")
      let again = try JSONDecoder().decode(Recipe.self, from: Data(read.json().utf8))
      #expect(again == read)
    }
  }

  @Test(arguments: ["random:", "random:-1", "random:x", "random:1000", "random", "random:1:2"])
  func refusesRandomTasksOfNoColumn(column: String) throws {
    let failure = try #require(failure { try recipe(("tasks", "aux=\(column)")) })
    #expect(failure.kind == .usage)
    #expect(
      failure.message
        == "--tasks aux=\(column): the column must be a number from 0 to 999 (':spans' or ':plain' "
        + "may follow), 'position', a number after 'random:', 'text', 'vector', or a name after "
        + "'text:', 'vector:' or 'comment:'")
  }

  @Test func refusesRandomTasksOfWordsAndOfMissingColumns() throws {
    #expect(
      failure { try self.recipe(("tasks", "aux=random:0")) }?.message
        == "--tasks aux: column 0 holds the words (--word-column)")
    let recipe = try self.recipe(("tasks", "aux=random:99"))
    let failure = try #require(failure { try RunData(recipe).corpora(.train) })
    #expect(failure.kind == .usage)
    #expect(
      failure.message
        == "tasks aux=random:99: \(scratch.path("train")) has 3 columns (0-2)")
  }

  @Test func onlyTrainingIsCutToTheSentencesAskedFor() throws {
    let recipe = try self.recipe(("tasks", "pos=1,aux=random:1"), ("train-sentences", "7"))
    let data = try RunData(recipe)
    let training = try data.corpora(.train)[0]
    #expect(training.sentenceCount == 7)
    #expect(training.lines == training.lines.sorted())
    #expect(try data.corpora(.train)[0].lines == training.lines)
    #expect(try data.corpora(.dev)[0].sentenceCount == 60)
    #expect(try data.corpora(.test)[0].sentenceCount == 60)
    // Permuted among the tokens that are left.
    #expect(training.forms.count == training.tokenCount)
    let (pos, aux) = try (training.task("pos"), training.task("aux"))
    #expect(
      pos.labels.map { pos.table[$0] }.sorted() == aux.labels.map { aux.table[$0] }.sorted())
  }

  /// Tasks annotated in the same files keep the same sentences even if they are read apart.
  @Test func groupsOfTheSameFilesKeepTheSameSentences() throws {
    var recipe = try recipe(("tasks", "pos=1"), ("train-sentences", "7"))
    recipe.declaredTasks.append(
      RecipeTask(
        name: "words", column: .index(0), train: recipe.train, dev: recipe.dev, wordColumn: 1))
    let corpora = try RunData(recipe).corpora(.train)
    #expect(corpora.count == 2 && corpora[0].lines == corpora[1].lines)
  }

  @Test(arguments: ["0", "60", "61", "1000000000"]) func moreThanThereAreIsAll(count: String) throws
  {
    let recipe = try recipe(("tasks", "pos=1"), ("train-sentences", count))
    #expect(try RunData(recipe).corpora(.train)[0].sentenceCount == 60)
  }

  @Test(arguments: ["-1", "x", "1.5", "1000000001"]) func refusesOtherNumbers(count: String) throws
  {
    let failure = try #require(failure { try resolve(("train-sentences", count)) })
    #expect(
      failure.message
        == "--train-sentences \(count): must be a whole number from 0 to 1000000000")
  }

  @Test func theBuiltInCorpusIsCutToo() throws {
    let data = try RunData(resolve(("train-sentences", "5")))
    #expect(try data.corpora(.train)[0].sentenceCount == 5)
    #expect(try data.corpora(.dev)[0].sentenceCount > 5)
  }
}
