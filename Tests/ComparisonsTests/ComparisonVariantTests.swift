import Comparisons
import Foundation
import Recipes
import Runs
import TestSupport
import Testing

/// Rows that are architectures with settings of their own.
@Suite struct ComparisonVariantTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func plan(
    _ variants: [String], _ given: [(String, String)] = [], out: String = "new",
    baseline: String? = nil, vary: [String] = [], domains: [String] = [],
    open: (String, [ComparisonRequest]) throws -> Comparison = Comparison.open
  ) throws -> Comparison {
    try open(
      scratch.path(out),
      [
        .commandLine(
          layer(given), seeds: "1", baseline: baseline, vary: vary, domains: domains,
          variants: variants)
      ])
  }

  private func plan(yaml: String) throws -> Comparison {
    try Comparison.open(scratch.path("new"), [.file(scratch.file("recipe.yaml", yaml))])
  }

  private struct Grid: Decodable, Equatable {
    struct Cell: Decodable, Equatable { let folder: String, sharing: [String] }
    let baseline: String, sharing: [String], cells: [Cell]
  }

  private func grid(_ comparison: Comparison) throws -> Grid {
    try JSONDecoder().decode(Grid.self, from: JSONEncoder().encode(comparison.grid()))
  }

  @Test func everyVariantHasRunsOfItsOwn() throws {
    let comparison = try plan(
      ["SLOW=sharing:hard; lr: 0.01", "wide=sharing:single;hidden:400;dropout:0"],
      vary: ["epochs=3;5"])
    #expect(
      comparison.cells.map(\.folder) == [
        "epochs=3/variant=SLOW/seed-1", "epochs=3/variant=wide/seed-1",
        "epochs=5/variant=SLOW/seed-1", "epochs=5/variant=wide/seed-1",
      ])
    #expect(comparison.plan.baseline == "SLOW")
    let last = try #require(comparison.cells.last)
    #expect(last.label == "epochs=5 wide seed 1" && last.recipe.sharing == ["single"])
    #expect(last.recipe.hidden == 400 && last.recipe.dropout == 0 && last.recipe.epochs == 5)
    #expect(last.recipe.lr == 0.1 && comparison.cells[2].recipe.lr == 0.01)
  }

  @Test func theyStandBesideArchitecturesAndDomains() throws {
    let comparison = try plan(
      ["SLOW=lr:0.01"], [("sharing", "single,hard"), ("tasks", "pos=1")],
      domains: ["news=a,b,c", "talk=d,e,f"])
    #expect(comparison.plan.compared.map(\.name) == ["single", "hard", "SLOW"])
    #expect(
      comparison.cells.map(\.folder) == [
        "news/seed-1", "talk/seed-1", "variant=SLOW/news/seed-1", "variant=SLOW/talk/seed-1",
      ])
    // Left out, the architecture is the first of the recipe's.
    #expect(comparison.cells.map(\.recipe.sharing)[1...2] == [["single", "hard"], ["single"]])
    #expect(comparison.plan.baseline == "hard" && comparison.cells[3].recipe.train.count == 1)
  }

  @Test func aRecipeFileAsksForTheSame() throws {
    let yaml = """
      variants:
        single: {sharing: single}
        FR: {sharing: hard}
        layers: {sharing: hierarchical, task-layers: {pos: 1, chunk: 2}, layers: 2}
      baseline: FR
      seeds: 1
      """
    let found = try grid(plan(yaml: yaml))
    let same = try plan(
      [
        "single=sharing:single", "FR=sharing:hard",
        "layers=layers:2;sharing:hierarchical;task-layers:pos=1,chunk=2",
      ], baseline: "FR")
    #expect(try found == grid(same))
    #expect(found.baseline == "FR" && found.sharing == ["single", "FR", "layers"])
    #expect(same.cells[2].recipe.taskLayers.map(\.task) == ["pos", "chunk"])
  }

  /// An architecture as the recipe has it is one row, however it is asked for.
  @Test func aPlainVariantIsTheArchitecture() throws {
    let comparison = try plan(
      ["hard=sharing:hard", "FR=sharing:hard;lr:0.2", "sparse=sharing:sparse"],
      [("sharing", "hard,single")])
    let names = ["hard", "single", "FR", "sparse"]
    #expect(comparison.plan.compared.map(\.name) == names)
    #expect(comparison.cells.map(\.folder) == ["seed-1", "variant=FR/seed-1"])
    #expect(comparison.cells[0].recipe.sharing == ["hard", "single", "sparse"])
  }

  @Test func theSameTrainingIsDoneOnce() throws {
    let same = try grid(
      plan(
        [
          "FR=sharing:hard", "dense=sharing:hard;density:0.5", "S=sharing:sparse",
          "SS=sharing:sparse;density:0.1", "D=sharing:sparse;density:0.5", "slow=sharing:hard;lr:1",
        ], [("sharing", "single,hard")]))
    #expect(
      same.cells.map(\.sharing) == [["single", "hard"], [], [], ["S"], [], ["D"], ["slow"]])
    // Where it is done already, it is not done again.
    let path = "old/variant=FR/seed-1/train/hard"
    try FileManager.default.createDirectory(
      atPath: scratch.path(path), withIntermediateDirectories: true)
    try scratch.file("\(path)/weights.safetensors", "")
    let done = try grid(plan(["FR=sharing:hard"], [("sharing", "single,hard")], out: "old"))
    #expect(done.cells.map(\.sharing) == [["single"], ["FR"]])
  }

  @Test(arguments: [
    ("variants: {FR: {colour: red}}", ":1: variants FR colour: is no option of a recipe"),
    ("variants: {FR: {drpout: 0}}", "did you mean 'dropout'?"),
    (
      "variants: {FR: {sharing: 'hard,single'}}", ":1: variants FR sharing hard,single: must be one"
    ),
    (
      "variants: {FR: {sharing: soft}}", "variants FR sharing soft: must be one architecture, among"
    ),
    ("variants: {FR: {sharing: hard, lr: -1}}", ":1: variants FR lr -1: must be a number above 0"),
    ("variants: {FR: {sharing: hard, seed: 2}}", ":1: variants FR seed: cannot differ between"),
    ("variants: {FR: {sharing: hard, test: x}}", ":1: variants FR test: cannot differ between"),
    ("variants: {FR: {sharing: hard, tasks: pos=1}}", "FR tasks: cannot differ between"),
    ("variants: {FR: {sharing: hard, hold-out: 0.1}}", "FR hold-out: cannot differ between"),
    ("variants: {FR: {sharing: hard, text-column: 0}}", "FR text-column: cannot differ between"),
    ("variants: {../x: {sharing: hard}}", ":1: variants ../x: a variant's name must be"),
    ("variants: {all: {sharing: hard}}", "a variant's name must be"),
    ("variants: {'': {sharing: hard}}", "a variant's name must be"),
    ("variants: {FR: {sharing: hard}, fr: {lr: 1}}", "variant fr: names two variants"),
    ("variants: {hard: {lr: 1}}", ":1: variants hard: is the name of an architecture"),
    ("variants: {Hard: {sharing: hard}}", ":1: variants Hard: is the name of an architecture"),
    ("variants: {hard: {sharing: single}}", "is the name of an architecture"),
    ("variants: [FR]", ":1: variants FR: must be a mapping of names of variants"),
    ("variants: {FR: hard}", ":1: variants FR hard: must be a mapping of options"),
    ("variants: {FR: {sharing: hard}}\nbaseline: hard", ":2: baseline hard: must be among the"),
    (
      "variants: {FR: {sharing: hard, lr: 1}}\nvary: {lr: [0.1, 0.2]}",
      "vary lr: is set by variant FR too"
    ),
    (
      "variants: {FR: {sharing: hierarchical, task-layers: {pos: 2}, layers: 1}}",
      "--task-layers pos=2: the network has 1 layers (--layers) (in FR)"
    ),
  ])
  func whatCannotBeIsRefused(yaml: String, message: String) throws {
    let failure = try #require(failure { try plan(yaml: yaml) })
    #expect(failure.kind == .usage && failure.message.contains(message), "\(failure.message)")
    #expect(!failure.message.contains("\n"))
  }

  @Test(arguments: [
    (["FR"], "--variant FR: must be NAME=OPTION:VALUE;OPTION:VALUE, as in SLOW="),
    (["FR=hard"], "--variant FR hard: must be NAME=OPTION:VALUE"),
    (["FR=sharing:hard;"], "--variant FR '': must be NAME=OPTION:VALUE"),
    (["FR=sharing:hard;lr:1;lr:2"], "--variant FR lr: is given twice"),
    (["FR=lrr:1"], "--variant FR lrr: is no option of a recipe; did you mean 'lr'?"),
    (["FR=sharing:hard", "FR=sharing:single"], "variant fr: names two variants"),
  ])
  func commandLinesAreRefused(variants: [String], message: String) throws {
    let failure = try #require(failure { try plan(variants) })
    #expect(failure.kind == .usage && failure.message.hasPrefix(message), "\(failure.message)")
  }

  /// A network that cannot be made is found before data is read, with the variant's name.
  @Test func impossibleNetworksNameTheVariant() throws {
    let comparison = try plan(["odd=sharing:sluice;hidden:5"])
    let failure = try #require(failure { try comparison.checkData() })
    #expect(failure.kind == .usage && failure.message.hasSuffix(" (in odd seed 1)"))
  }

  @Test func theyAreRecordedAndMoreCanBeAdded() throws {
    let variants = ["FR=sharing:hard", "SLOW=sharing:hard;lr:0.01"]
    let first = try plan(variants, out: "old", baseline: "FR", open: Comparison.openForWork)
    _ = try RunDirectory.create(
      scratch.path("old/\(first.cells[0].folder)"), recipe: first.cells[0].recipe)
    let text = try scratch.text("old/comparison.json")
    #expect(text.contains("\"format\" : 2") || text.contains("\"format\":2"))
    // What is left out stays.
    let read = try plan([], out: "old")
    #expect(read.plan == first.plan && read.cells.map(\.recipe) == first.cells.map(\.recipe))
    let more = try plan(variants + ["W=sharing:hard;hidden:9"], [("sharing", "single")], out: "old")
    #expect(more.plan.compared.map(\.name) == ["single", "FR", "SLOW", "W"])
    #expect(more.plan.baseline == "FR")
    for changed in [["FR=sharing:hard"], ["FR=sharing:hard", "SLOW=sharing:hard;lr:0.02"]] {
      let failure = try #require(failure { try plan(changed, out: "old") })
      #expect(
        failure.message.hasSuffix(
          ": the comparison \(scratch.path("old")) was started with FR,SLOW, of which one is gone or"
            + " has other settings; leave the option out, or choose another folder"))
    }
  }

  @Test func everyKindOfValueIsRecorded() throws {
    let path = try scratch.file(
      "recipe.yaml",
      """
      main-task: pos
      variants:
        A: {sharing: hard, main-task: null, loss-weights: {pos: 2, ner: 0.5}, embeddings: x}
        B: {sharing: single, max-tokens: 7, train-sentences: 9, span-encoding: bio}
      """)
    let made = try Comparison.openForWork(scratch.path("old"), [.file(path)])
    let read = try Comparison.open(scratch.path("old"), [])
    #expect(read.plan == made.plan)
    let recipe = read.cells[0].recipe
    #expect(recipe.mainTask == nil && recipe.embeddings == scratch.path("x"))
    #expect(recipe.lossWeights.map(\.number) == [2, 0.5])
    #expect(read.cells[5].recipe.mainTask == "pos" && read.cells[5].recipe.maxTokens == 7)
  }

  /// Without variants the record is what it was before there were any.
  @Test func recordsWithoutVariantsStayAsTheyWere() throws {
    _ = try plan([], out: "old", open: Comparison.openForWork)
    let text = try scratch.text("old/comparison.json")
    #expect(!text.contains("variants"))
    #expect(text.contains("\"format\" : 1") || text.contains("\"format\":1"))
    #expect(text.contains("\"sharing\""))
    let both = try plan(["FR=sharing:hard"], out: "old")
    #expect(both.plan.compared.map(\.name) == ["sparse", "hard", "single", "FR"])
  }
}
