import Basics
import Comparisons
import Foundation
import Recipes
import Runs
import Sharing
import TestSupport
import Testing

/// The grid of a comparison, and what a resumed one may change.
@Suite struct ComparisonTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func plan(
    _ out: String = "new", _ given: [(String, String)] = [], seeds: String? = nil,
    baseline: String? = nil, vary: [String] = [], domains: [String] = [],
    variants: [String] = []
  ) throws -> Comparison {
    try Comparison.open(
      scratch.path(out),
      [
        .commandLine(
          layer(given), seeds: seeds, baseline: baseline, vary: vary, domains: domains,
          variants: variants)
      ])
  }

  private func plan(yaml: String) throws -> Comparison {
    try Comparison.open(scratch.path("new"), [.file(scratch.file("recipe.yaml", yaml))])
  }

  @Test func everyCombinationIsARun() throws {
    let comparison = try plan(
      given: [("seed", "7")], seeds: "2",
      vary: ["density=0.50;0.2", "tasks=pos=1,chunk=2;pos=1,ner=3"])
    #expect(
      comparison.cells.map(\.folder) == [
        "density=0.5/tasks=pos=1,chunk=2/seed-7", "density=0.5/tasks=pos=1,chunk=2/seed-8",
        "density=0.5/tasks=pos=1,ner=3/seed-7", "density=0.5/tasks=pos=1,ner=3/seed-8",
        "density=0.2/tasks=pos=1,chunk=2/seed-7", "density=0.2/tasks=pos=1,chunk=2/seed-8",
        "density=0.2/tasks=pos=1,ner=3/seed-7", "density=0.2/tasks=pos=1,ner=3/seed-8",
      ])
    let last = try #require(comparison.cells.last)
    #expect(last.label == "density=0.2 tasks=pos=1,ner=3 seed 8")
    #expect(last.recipe.density == 0.2 && last.recipe.seed == 8)
    #expect(last.recipe.tasks.map(\.name) == ["pos", "ner"])
    #expect(!FileManager.default.fileExists(atPath: comparison.path))
  }

  /// Runs that differ by their seeds are planned together, and are what each would be alone.
  @Test func aSeedAmongSeveralIsPlannedAsAlone() throws {
    func cells(seed: Int, seeds: Int) throws -> [ComparisonCell] {
      try plan(
        "new", [("seed", "\(seed)"), ("sharing", "hard,sparse"), ("tasks", "pos=1,chunk=2")],
        seeds: "\(seeds)", vary: ["density=0.5;0.2"],
        domains: ["news=n1,n2,n3", "talk=t1,t2,t3"], variants: ["SLOW=sharing:hard;lr:0.01"]
      ).cells
    }
    let together = try cells(seed: 4, seeds: 3)
    #expect(together.count == 2 * 2 * 2 * 3)
    for seed in 4...6 {
      let alone = try cells(seed: seed, seeds: 1)
      let own = together.filter { $0.recipe.seed == UInt64(seed) }
      #expect(own.map(\.folder) == alone.map(\.folder))
      #expect(own.map(\.label) == alone.map(\.label))
      #expect(own.map(\.recipe) == alone.map(\.recipe))
    }
  }

  /// Seeds of one initialisation: what is varied is all else.
  @Test func seedsLeaveTheInitialisationAsItIs() throws {
    let comparison = try plan(
      given: [("seed", "7"), ("init-seed", "3")], seeds: "2", vary: ["rewind=init;epoch:2"])
    #expect(comparison.cells.map(\.recipe.seed) == [7, 8, 7, 8])
    #expect(comparison.cells.allSatisfy { $0.recipe.initSeed == 3 })
    #expect(comparison.cells.map(\.recipe.rewind) == [.`init`, .`init`, .epoch(2), .epoch(2)])
    let varied = try plan("other", seeds: "1", vary: ["init-seed=1;2"])
    #expect(varied.cells.map(\.recipe.initSeed) == [1, 2])
    #expect(Set(varied.cells.map(\.recipe.seed)).count == 1)
  }

  private func plan(
    given: [(String, String)], seeds: String? = nil, vary: [String] = []
  ) throws -> Comparison { try plan("new", given, seeds: seeds, vary: vary) }

  @Test func aRecipeFileAsksForTheSame() throws {
    let comparison = try plan(
      yaml: """
        tasks: chunk=2,pos=1
        sharing: hard,single
        seeds: 1
        baseline: single
        vary:
          epochs: [3, 5]
        domains:
          news: {train: [n1, n2], dev: n3, test: n4}
          talk: {train: t1, dev: t2, test: t3}
        """)
    #expect(
      comparison.cells.map(\.folder) == [
        "epochs=3/news/seed-1", "epochs=3/talk/seed-1", "epochs=5/news/seed-1",
        "epochs=5/talk/seed-1",
      ])
    #expect(comparison.plan.baseline == "single")
    let news = comparison.cells[2].recipe
    #expect(news.train == [scratch.path("n1"), scratch.path("n2")])
    #expect(news.test == [scratch.path("n4")] && news.epochs == 5)
  }

  /// Runs whose tasks are separate and united stand in one comparison.
  @Test func arrangementsOfDomainsVary() throws {
    let comparison = try plan(
      yaml: """
        train: '{domain}'
        hold-out: 0.1
        tasks: chunk=2,pos=1
        task-domains: news,bio
        seeds: 1
        vary: {domains-as: [separate, united]}
        """)
    #expect(
      comparison.cells.map { $0.recipe.tasks.map(\.name) } == [
        ["chunk-news", "chunk-bio", "pos-news", "pos-bio"], ["chunk", "pos"],
      ])
  }

  @Test func whatIsNotPrunedIsTrainedOnce() throws {
    let comparison = try plan(
      given: [("sharing", "sparse,single")], seeds: "1", vary: ["density=0.5;0.2", "lr=0.1;0.2"])
    let rows = comparison.grid().text.split(separator: "\n").dropFirst()
    #expect(rows.count { $0.contains(" sparse,single ") } == 2)
    #expect(rows.count { $0.contains(" sparse ") } == 2)
    // Of every seed.
    let seeds = try plan(
      "more", [("sharing", "sparse,single")], seeds: "3", vary: ["density=0.5;0.2"])
    let more = seeds.grid().text.split(separator: "\n").dropFirst()
    #expect(more.count { $0.hasPrefix("density=0.5/") && $0.contains(" sparse,single ") } == 3)
    #expect(more.count { $0.hasPrefix("density=0.2/") && $0.contains(" sparse ") } == 3)
  }

  @Test(arguments: [
    (["train=a/b;c"], ["train=1", "train=2"]),
    (["embeddings=a;A"], ["embeddings=1", "embeddings=2"]),
    (["lr=0.1;1e-9"], ["lr=0.1", "lr=1e-09"]),
    (["rewind=warmup;init"], ["rewind=warmup", "rewind=init"]),
  ])
  func foldersAreSafe(vary: [String], folders: [String]) throws {
    let given = [("dev", "d"), ("train", "t"), ("tasks", "pos=1")]
    let comparison = try plan(given: given, seeds: "1", vary: vary)
    #expect(comparison.cells.map(\.folder) == folders.map { "\($0)/seed-1" })
  }

  @Test(arguments: [
    ("vary: {colour: [1, 2]}", ":1: vary colour: is no option of a recipe"),
    ("vary: {densty: [1]}", "did you mean 'density'?"),
    ("vary: {seed: [1, 2]}", "cannot vary; seeds does that"),
    ("vary: {sharing: [hard]}", "cannot vary; sharing names all to compare"),
    ("vary: {density: [0.5, 0.50]}", ":1: vary density 0.5: is given twice"),
    ("vary: {density: [2]}", ":1: vary density 2: must be a number above 0 and at most 1"),
    ("vary: {density: []}", "needs from 1 to 1000 values"),
    ("vary: [density]", "must be a mapping of options with lists of values"),
    ("seeds: 0", ":1: seeds 0: must be a whole number from 1 to 1000"),
    ("seeds: [1, 2]", "must be a whole number from 1 to 1000"),
    ("seeds: 99999999999999999999", "must be a whole number from 1 to 1000"),
    (
      "baseline: soft",
      ":1: baseline soft: must be among the architectures compared, sparse, hard, single"
    ),
    ("domains: {'../x': {train: a, dev: b, test: c}}", "a domain's name must be"),
    ("domains: {all: {train: a, dev: b, test: c}}", "a domain's name must be"),
    ("domains: {in-domain: {train: a, dev: b, test: c}}", "a domain's name must be"),
    ("domains: {x: {train: a, dev: b}}", "test files are missing"),
    ("domains: {x: {train: a, dev: b, test: c, dew: d}}", "dew: is unknown here"),
    ("domains: {x: a}", "must be a mapping of train, dev and test files"),
    ("tasks: pos=1\nvary: {dev: [a]}\ndomains: {x: {train: a, dev: b, test: c}}", "beside domains"),
    (
      "tasks: pos=1\ndomains: {x: {train: a, dev: b, test: c}, X: {train: a, dev: b, test: c}}",
      "names two domains"
    ),
    (
      "tasks: pos=1\ntask-domains: news\ndomains: {x: {train: '{domain}', dev: b, test: c}}",
      "domain x: cannot be combined with task-domains"
    ),
    (
      "tasks: pos=1\nvary: {task-domains: [a, b]}\ndomains: {x: {train: a, dev: b, test: c}}",
      "domain x: cannot be combined with task-domains"
    ),
    ("seed: 9007199254740991\nseeds: 2", "leaves no room for 2 seeds"),
    ("seeds: 1000\nvary: {epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}", "more than 10000 runs"),
    ("seds: 3", "'seds' is no option of a recipe; did you mean 'seeds'?"),
  ])
  func whatCannotBeIsRefused(yaml: String, message: String) throws {
    let failure = try #require(failure { try plan(yaml: yaml) })
    #expect(failure.kind == .usage && failure.message.contains(message), "\(failure.message)")
    #expect(!failure.message.contains("\n"))
  }

  @Test(
    arguments: [
      (["density"], [], "--vary density: must be OPTION=V1;V2"),
      (["density=0.5;"], [], "--vary density '': must be a number"),
      (["density=0.5", "density=0.2"], [], "vary density: is given twice"),
      ([], ["news=a,b"], "--domain news a,b: must be three files"),
      ([], ["news"], "--domain news: must be NAME=TRAIN,DEV,TEST"),
    ] as [([String], [String], String)])
  func commandLinesAreRefused(vary: [String], domains: [String], message: String) throws {
    let failure = try #require(failure { try plan(vary: vary, domains: domains) })
    #expect(failure.kind == .usage && failure.message.hasPrefix(message), "\(failure.message)")
  }

  @Test func otherCommandsSayWhoseKeyItIs() throws {
    let path = try scratch.file("recipe.yaml", "seeds: 3\n")
    let failure = try #require(failure { try RecipeLayer.file(path) })
    #expect(failure.message.hasSuffix("is no option of a recipe; it is one of 'tickets compare'"))
  }

  /// A comparison of two seeds and two densities in which a run has begun.
  private func begun() throws {
    let comparison = try Comparison.openForWork(
      scratch.path("old"),
      [
        .commandLine(
          layer([("epochs", "3")]), seeds: "2", baseline: nil, vary: ["density=0.5;0.2"],
          domains: [])
      ])
    let cell = comparison.cells[0]
    _ = try RunDirectory.create(scratch.path("old/\(cell.folder)"), recipe: cell.recipe)
  }

  @Test func whatIsLeftOutStaysAndMoreCanBeAdded() throws {
    try begun()
    #expect(try plan("old").cells.count == 4)
    #expect(try plan("old", [("epochs", "3")], seeds: "3").cells.count == 6)
    #expect(try plan("old", vary: ["density=0.2;0.7;0.5"]).cells.count == 6)
    #expect(try plan("old", [("sharing", "hard,single")], baseline: "single").plan.seeds == 2)
  }

  @Test func anythingElseIsAnotherComparison() throws {
    try begun()
    func message(_ body: () throws -> Comparison) -> String { failure(body)?.message ?? "" }
    let end = "; leave the option out, or choose another folder"
    let old = "the comparison \(scratch.path("old")) was started with"
    #expect(message { try plan("old", [("epochs", "4")]) } == "--epochs 4: \(old) 3\(end)")
    #expect(
      message { try plan("old", vary: ["density=0.5;0.3"]) }
        == "vary density=0.5;0.3: \(old) density=0.5;0.2\(end)")
    #expect(
      message { try plan("old", vary: ["rounds=3;4"]) }
        == "vary rounds=3;4: \(old) density=0.5;0.2\(end)")
    #expect(
      message { try plan("old", domains: ["x=a,b,c"]) } == "domain x: \(old) no domains\(end)")
  }

  @Test func nothingIsFixedBeforeARunHasBegun() throws {
    _ = try Comparison.openForWork(scratch.path("old"), [])
    #expect(try plan("old", [("epochs", "4")], vary: ["rounds=3;4"]).cells.count == 10)
  }

  @Test(arguments: ["{", "{}", "{\"format\": 2}", "[]"])
  func aDamagedRecordIsRefused(text: String) throws {
    try Files.makeFolder(scratch.path("old"))
    try scratch.file("old/comparison.json", text)
    let failure = try #require(failure { try plan("old") })
    #expect(failure.kind == .badData && failure.message.contains("old/comparison.json: "))
  }

  @Test func otherFilesAreNotMixedWith() throws {
    try Files.makeFolder(scratch.path("old"))
    try scratch.file("old/notes.txt", "mine")
    let failure = try #require(failure { try Comparison.openForWork(scratch.path("old"), []) })
    #expect(failure.kind == .cannotCreate)
  }

  @Test func lookingNeedsNoLockAndLeavesNothing() throws {
    #expect(try plan("new").hasWork)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
    try begun()
    let lock = try RunLock.take(run: scratch.path("old"))
    #expect(try plan("old").hasWork)
    #expect(failure { try Comparison.openForWork(scratch.path("old"), []) }?.kind == .busy)
    withExtendedLifetime(lock) {}
  }

  @Test func finishedAndRecordedThereIsNoWork() throws {
    try begun()
    for cell in try plan("old").cells {
      for name in cell.recipe.sharing {
        for unit in cell.recipe.trainingUnits(of: try #require(Architecture.named(name))) {
          let folder = "old/\(cell.folder)/train/\(name)" + (unit.task.map { "/\($0)" } ?? "")
          try Files.makeFolder(scratch.path(folder))
          try scratch.file("\(folder)/weights.safetensors", "")
        }
      }
    }
    #expect(try !plan("old").hasWork)
    #expect(try plan("old", baseline: "single").hasWork, "another baseline is not written down yet")
    #expect(try plan("old", seeds: "3").hasWork)
  }
}
