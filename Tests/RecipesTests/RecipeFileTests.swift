import Basics
import Foundation
import Recipes
import TestSupport
import Testing

@Suite struct RecipeFileTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func read(_ text: String, _ given: (String, String)...) throws -> Recipe {
    let file = try RecipeLayer.file(scratch.file("recipe.yaml", text))
    return try Recipe.resolve([file, layer(given)], knownSharings: sharings)
  }

  @Test func commandLineWinsOverFileOverDefaults() throws {
    let recipe = try read("lr: 0.5\nlayers: 1 # small\n", ("lr", "0.25"))
    #expect((recipe.lr, recipe.layers, recipe.hidden) == (0.25, 1, 200))
  }

  @Test func pathsStartFromTheFilesFolder() throws {
    let recipe = try read(
      "train: [a, ./sub/b]\ndev: /c\nembeddings: x/../v.txt\nword-dim: 3\ntasks: ner=1\n",
      ("test", "d"))
    #expect(recipe.train == [scratch.path("a"), scratch.path("sub/b")])
    #expect(recipe.dev == ["/c"])
    #expect(recipe.embeddings == scratch.path("v.txt"))
    let here = FileManager.default.currentDirectoryPath
    #expect(recipe.test == [here == "/" ? "/d" : here + "/d"])
  }

  @Test(arguments: [
    "tasks: ner=3,pp=position",
    "tasks: {ner: 3, pp: position}",
    "tasks:\n  ner: {column: 3}\n  pp: {column: position}",
    "tasks: [ner=3, {name: pp, column: position}]",
    #"{"tasks": {"ner": 3, "pp": "position"}}"#,
    "\u{FEFF}tasks: 'ner=3,pp=position'\r\n",
  ])
  func tasksCanBeWrittenInSeveralWays(text: String) throws {
    #expect(
      try read(text).tasks == [
        RecipeTask(name: "ner", column: .index(3)), RecipeTask(name: "pp", column: .position),
      ])
  }

  @Test func tasksMayHaveFilesOfTheirOwn() throws {
    let recipe = try read(
      """
      tasks:
        pos: {column: 1, train: [p.train], dev: p.dev, word-column: 4}
        ner: 3
      train: common.train
      dev: common.dev
      test: common.test
      """)
    let pos = recipe.tasks[0]
    #expect(recipe.trainFiles(of: pos) == [scratch.path("p.train")])
    #expect(recipe.testFiles(of: pos) == [])
    #expect(recipe.wordColumn(of: pos) == 4)
    #expect(recipe.trainFiles(of: recipe.tasks[1]) == [scratch.path("common.train")])
    #expect(recipe.testFiles(of: recipe.tasks[1]) == [scratch.path("common.test")])
  }

  @Test(arguments: [
    ("a: 1", Failure.Kind.usage, ":1: 'a' is no option of a recipe"),
    ("lr: 1\nleyers: 2", .usage, ":2: 'leyers' is no option of a recipe; did you mean 'layers'?"),
    ("jobs: 2", .usage, ":1: 'jobs' is no option of a recipe"),
    ("\nlr: -1", .usage, ":2: lr -1: must be a number above 0 and at most 1000"),
    ("lr: [1, 2]", .usage, ":1: lr 1,2: must be a number above 0 and at most 1000"),
    ("lr:", .usage, ":1: lr nothing: must be a number above 0 and at most 1000"),
    ("tasks: {p: {column: 1, trian: x}}", .usage, ":1: tasks p: has an unknown key 'trian'"),
    ("tasks: {p: {train: x}}", .usage, ":1: tasks p: has no 'column'"),
    ("- lr", .badData, ": must hold options as 'name: value' lines"),
    ("lr: 1\nlr: 2", .badData, ":1: 'lr' is given twice"),
    ("lr: [1", .badData, ": is not YAML ("),
    ("lr: \u{1}", .badData, ": is not YAML ("),
    ("train: &a [x]\ndev: *a", .badData, ":1: a recipe may not use YAML anchors"),
    ("[[1]]: 1", .badData, ":1: a key must be the name of an option"),
    ("[[[[[[[[[[1]]]]]]]]]]: 1", .badData, ":1: is nested more than 8 deep"),
    ("lr: [[[[[[[[[[1]]]]]]]]]]", .badData, ":1: is nested more than 8 deep"),
  ])
  func refusesBadFiles(text: String, kind: Failure.Kind, message: String) throws {
    let failure = try #require(failure { try read(text) })
    #expect(failure.kind == kind)
    let expected = scratch.path("recipe.yaml") + message
    let line = failure.message.replacing(/:\d+(?=: is not YAML)/, with: "")
    #expect(line.hasPrefix(expected), "\(failure)")
    #expect(!failure.message.contains("\n"))
  }

  /// All that ends a line to the parser, and a byte order mark that it skips: ten lines behind one of
  /// them stand for 10⁹ values.
  @Test(arguments: [
    "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\n\u{FEFF}", "\n!!seq ", "\n#\n",
  ])
  func refusesAnchorsWhereverTheyStand(before: String) throws {
    var text = "{a0: \(before)&a0 [x,x,x,x,x,x,x,x,x]"
    for level in 1..<10 {
      let last = "*a\(level - 1)"
      text +=
        ",a\(level): \(before)&a\(level) ["
        + Array(repeating: last, count: 9).joined(separator: ",")
      text += "]"
    }
    let start = ContinuousClock.now
    let failure = try #require(failure { try read(text + "}") })
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(failure.kind == .badData, "\(failure)")
    #expect(failure.message.contains(": a recipe may not use YAML anchors (&name)"), "\(failure)")
  }

  @Test(arguments: [
    ("train: [" + String(repeating: "1,", count: 60_000) + "]", "holds more than 50000 values"),
    ("train: " + String(repeating: "x", count: 70_000), "a value is longer than 65536 bytes"),
    (String(repeating: "x", count: 70_000), "a value is longer than 65536 bytes"),
    (#"{"lr": "# + String(repeating: #"{"a": "#, count: 200) + "1", "is nested more than 8 deep"),
  ])
  func refusesWhatIsTooMuch(text: String, message: String) throws {
    let failure = try #require(failure { try read(text) })
    #expect(failure.kind == .badData && failure.message.hasSuffix(message), "\(failure)")
  }

  @Test(arguments: ["[", "{a: ", "- ", "? "])
  func survivesDeepNesting(piece: String) throws {
    let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
    #expect(failure { try read(text) }?.kind == .badData)
  }

  @Test func refusesHugeFilesAndBytesThatAreNoText() throws {
    let huge = String(repeating: "# \n", count: 400_000)
    #expect(failure { try read(huge) }?.kind == .badData)
    try Files.writeAtomically(Data([0x6c, 0x72, 0x3a, 0xff]), to: scratch.path("bytes"))
    #expect(
      failure { try RecipeLayer.file(scratch.path("bytes")) }?.message
        == scratch.path("bytes: is not UTF-8 text"))
    #expect(failure { try RecipeLayer.file(scratch.path("none")) }?.kind == .missingInput)
  }

  @Test func emptyFileGivesDefaults() throws {
    #expect(try read("# nothing\n") == read(""))
  }

  @Test func printedRecipeReadsBackTheSame() throws {
    let recipe = try read(
      """
      train: ["a: b", "c #d"]
      dev: x
      tasks: {pos: {column: 1, train: t, dev: null-ish, word-column: 2}, y: 3}
      density: 0.05
      seed: 12345678901
      execution: sparse
      """, ("start-ticket", "/t.ticket"))
    for text in [try recipe.yaml(), try recipe.json()] {
      #expect(try read(text) == recipe)
    }
  }
}
