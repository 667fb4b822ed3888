import Basics
import Foundation
import Recipes
import TestSupport
import Testing

/// Tasks as problem × domain.
@Suite struct DomainTests {
  private let files = [
    ("train", "/{domain}/train"), ("train", "/common"), ("dev", "/dev"),
    ("test", "/{domain}/{task}.test"), ("tasks", "pos=1,ner=3"), ("task-domains", "news,bio"),
  ]

  private func resolve(_ given: [(String, String)], yaml: String = "") throws -> Recipe {
    let scratch = try Scratch()
    let file = try RecipeLayer.file(scratch.file("recipe.yaml", yaml))
    return try Recipe.resolve([file, layer(given)], knownSharings: sharings)
  }

  @Test func separateDomainsAreTasksOfTheirOwn() throws {
    let recipe = try resolve(files + [("main-task", "ner-bio"), ("loss-weights", "pos-news=2")])
    #expect(recipe.tasks.map(\.name) == ["pos-news", "pos-bio", "ner-news", "ner-bio"])
    #expect(recipe.tasks.map(\.column) == [.index(1), .index(1), .index(3), .index(3)])
    let last = recipe.tasks[3]
    #expect(recipe.trainFiles(of: last) == ["/bio/train", "/common"])
    #expect(recipe.devFiles(of: last) == ["/dev"])
    #expect(recipe.testFiles(of: last) == ["/bio/ner.test"])
  }

  @Test func unitedDomainsAreReadTogether() throws {
    let recipe = try resolve(files + [("domains-as", "united"), ("main-task", "ner")])
    #expect(recipe.tasks.map(\.name) == ["pos", "ner"])
    let ner = recipe.tasks[1]
    // What they have in common is read once.
    #expect(recipe.trainFiles(of: ner) == ["/news/train", "/common", "/bio/train"])
    #expect(recipe.testFiles(of: ner) == ["/news/ner.test", "/bio/ner.test"])
  }

  @Test(arguments: ["{column: 3, domains: bio}", "{column: 3, domains: [bio]}"])
  func aTaskMayHaveSomeOfThem(ner: String) throws {
    let given = files.filter { $0.0 != "tasks" }
    let yaml = """
      tasks:
        pos: {column: 1, train: '/own/{domain}.{task}', dev: /own/dev}
        ner: \(ner)
      """
    let separate = try resolve(given, yaml: yaml)
    #expect(separate.tasks.map(\.name) == ["pos-news", "pos-bio", "ner-bio"])
    #expect(separate.trainFiles(of: separate.tasks[0]) == ["/own/news.pos"])
    let united = try resolve(given + [("domains-as", "united")], yaml: yaml)
    #expect(united.trainFiles(of: united.tasks[1]) == ["/bio/train", "/common"])
  }

  /// The order is that of the domains, whatever a task's own list says.
  @Test func domainsHaveOneOrder() throws {
    let recipe = try resolve(
      files.filter { $0.0 != "tasks" }, yaml: "tasks: {ner: {column: 3, domains: 'bio,news'}}")
    #expect(recipe.tasks.map(\.name) == ["ner-news", "ner-bio"])
  }

  /// Files of all domains have the same tensors.
  @Test func labelsOfVectorsKeepTheirTensor() throws {
    let recipe = try resolve(
      files.filter { $0.0 != "tasks" } + [("tasks", "digit=vector,odd=vector:parity")])
    #expect(
      recipe.tasks.map(\.column) == [
        .vector(tensor: "digit"), .vector(tensor: "digit"), .vector(tensor: "parity"),
        .vector(tensor: "parity"),
      ])
  }

  @Test func recordsHoldWhatWasGiven() throws {
    let yaml = "tasks: {pos: 1, ner: {column: 3, domains: bio}}"
    for arrangement in ["separate", "united"] {
      let given = files.filter { $0.0 != "tasks" } + [("domains-as", arrangement)]
      let recipe = try resolve(given, yaml: yaml)
      #expect(recipe.declaredTasks.map(\.name) == ["pos", "ner"])
      for text in [try recipe.json(), try recipe.yaml()] {
        #expect(try resolve([], yaml: text) == recipe)
      }
      #expect(try JSONDecoder().decode(Recipe.self, from: Data(recipe.json().utf8)) == recipe)
    }
  }

  @Test func withoutDomainsTasksAreAsDeclared() throws {
    let recipe = try resolve([
      ("train", "/{task}"), ("dev", "/dev"), ("tasks", "tone,mood"), ("task-domains", ""),
    ])
    #expect(recipe.tasks == recipe.declaredTasks && recipe.tasks.map(\.name) == ["tone", "mood"])
    #expect(recipe.trainFiles(of: recipe.tasks[1]) == ["/mood"])
  }

  private static let long = String(repeating: "x", count: 61)

  @Test(arguments: [
    (
      ["task-domains": ""],
      "--task-domains: missing; they are what '{domain}' stands for in /{domain}"
    ),
    (
      ["task-domains": "", "train": "/a", "domains-as": "united"],
      "--domains-as united: there is nothing to unite"
    ),
    (["train": "/a"], "--task-domains news,bio: no file of task 'pos' has '{domain}' in its name"),
    (["task-domains": "news,news"], "--task-domains news: names two domains"),
    (["task-domains": "news,"], "--task-domains news,: must be names with commas between"),
    (["task-domains": "../news"], "--task-domains ../news: must be names"),
    (["task-domains": "all"], "--task-domains all: must be names"),
    (["task-domains": long], "--task-domains \(long): pos-\(long) is too long for a task's name"),
    (
      ["tasks": "a=1,a-b=2", "task-domains": "b-c,c"],
      "--task-domains b-c,c: two tasks would be called a-b-c"
    ),
    (["domains-as": "joined"], "--domains-as joined: must be separate or united"),
    (["main-task": "pos"], "--main-task pos: there is no such task; the tasks are pos-news, pos-"),
    (["domains-as": "united", "main-task": "pos-news"], "--main-task pos-news: there is no such"),
  ])
  func refusesWhatCannotBe(changes: [String: String], message: String) throws {
    let usual = ["train": "/{domain}", "dev": "/dev", "tasks": "pos=1", "task-domains": "news,bio"]
    let given = usual.merging(changes) { $1 }
    let failure = try #require(failure { try resolve(given.map { ($0.key, $0.value) }) })
    let line = failure.setting == nil ? failure.message : "--" + failure.message
    #expect(failure.kind == .usage && line.hasPrefix(message), "\(failure)")
    #expect(!failure.message.contains("\n"))
  }

  @Test func theBuiltInCorpusHasNone() {
    #expect(
      failure { try resolve([("task-domains", "news")]) }?.message
        .hasPrefix("task-domains news: the built-in corpus has no domains") == true)
  }

  @Test(arguments: [
    ("{column: 3, domains: wiki}", "tasks ner: has the domain 'wiki', which is not among"),
    ("{column: 3, domains: new}", "did you mean 'news'?"),
    ("{column: 3, domains: []}", "tasks ner: has '' as its domains"),
    ("{column: 3, domains: [a, a]}", "tasks ner: has a,a as its domains"),
    ("{column: 3, domains: {a: b}}", "tasks ner: has {a: b} as its domains"),
    ("{column: 3, domain: a}", "did you mean 'domains'?"),
  ])
  func refusesDomainsOfATask(ner: String, message: String) throws {
    let given = files.filter { $0.0 != "tasks" }
    let failure = try #require(failure { try resolve(given, yaml: "tasks: {ner: \(ner)}") })
    #expect(failure.kind == .usage && failure.message.contains(message), "\(failure)")
  }

  /// A list of a task needs one of the run too.
  @Test func aTasksDomainsNeedThoseOfTheRun() {
    #expect(
      failure {
        try resolve(
          [("train", "/a"), ("dev", "/b")], yaml: "tasks: {ner: {column: 3, domains: news}}")
      }?.message == "tasks ner: has the domain 'news', which is not among --task-domains")
  }
}
