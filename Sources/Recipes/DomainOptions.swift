import Basics

/// Tasks as pairs of a problem and a domain (Chen et al. 2018, Table 4): which domains there are, and
/// whether each makes tasks of its own.
public struct DomainOptions: Equatable, Sendable {
  /// What `{domain}` in file names stands for, in turn; none where tasks know no domains.
  public var names: [String] = []
  /// What becomes of a problem that has several domains.
  public var arrangement = Arrangement.separate

  /// What becomes of a problem that has several domains.
  public enum Arrangement: String, CaseIterable, Sendable {
    /// A task for each, called `PROBLEM-DOMAIN`.
    case separate
    /// One task that reads the files of all.
    case united
  }

  /// What stands for a domain in file names.
  package static let mark = "{domain}"

  /// Whether `file` has another name for every domain.
  package static func isMarked(_ file: String) -> Bool { file.contains(mark) }

  /// The tasks that the `declared` ones stand for: by problem, then domain.
  func tasks(of declared: [RecipeTask]) -> [RecipeTask] {
    guard !names.isEmpty else { return declared }
    return declared.flatMap { task in
      let own = task.domains.isEmpty ? names : names.filter(task.domains.contains)
      return arrangement == .united ? [task.reading(own)] : own.map(task.alone)
    }
  }

  /// Names with commas between, or a list of them; nil if it is anything else.
  static func names(_ value: RecipeValue) -> [String]? {
    if value == .null || value == .text("") { return [] }
    let items: [RecipeValue] = if case .list(let items) = value { items } else { [value] }
    let names = items.flatMap { item in
      (item.scalarText ?? "").split(separator: ",", omittingEmptySubsequences: false)
        .map(String.init)
    }
    return names.allSatisfy(RecipeTask.isName) ? names : nil
  }
}

extension RecipeTask {
  /// The task on the files of all `domains` together.
  fileprivate func reading(_ domains: [String]) -> RecipeTask {
    var task = self
    task.domains = domains
    return task
  }

  /// The task of its own that it is on `domain`.
  fileprivate func alone(on domain: String) -> RecipeTask {
    var task = reading([domain])
    task.name = "\(name)-\(domain)"
    // Files of all domains call the labels alike.
    if column == .vector(tensor: nil) { task.column = .vector(tensor: problem) }
    return task
  }

  /// The task on the files of `domain` alone, under its name.
  package func restricted(to domain: String) -> RecipeTask { reading([domain]) }
}

extension Recipe {
  /// Checks the domains together with tasks and file names.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, its value and why it cannot be.
  func validateDomains() throws {
    let (names, value) = (domains.names, domains.names.joined(separator: ","))
    for task in declaredTasks {
      guard let other = task.domains.first(where: { !names.contains($0) }) else { continue }
      throw Failure(
        .usage, setting: "tasks", value: task.name,
        "has the domain '\(other)', which is not among --task-domains"
          + (names.isEmpty ? "" : " \(value)" + didYouMean(other, among: names)))
    }
    guard !names.isEmpty else {
      let files = declaredTasks.reduce(train + dev + test) { $0 + $1.train + $1.dev + $1.test }
      if let file = files.first(where: DomainOptions.isMarked) {
        throw Failure(
          .usage, setting: "task-domains",
          "missing; they are what '\(DomainOptions.mark)' stands for in \(file)")
      }
      guard domains.arrangement == .separate else {
        throw Failure(
          .usage, setting: "domains-as", value: domains.arrangement.rawValue,
          "there is nothing to unite; name the domains (--task-domains)")
      }
      return
    }
    guard !usesBuiltInCorpus else {
      throw Failure(
        .usage, setting: "task-domains", value: value,
        "the built-in corpus has no domains; name files with '\(DomainOptions.mark)' (--train)")
    }
    for task in declaredTasks {
      let files = task.hasOwnFiles ? task.train + task.dev + task.test : train + dev + test
      guard files.contains(where: DomainOptions.isMarked) else {
        throw Failure(
          .usage, setting: "task-domains", value: value,
          "no file of task '\(task.name)' has '\(DomainOptions.mark)' in its name")
      }
    }
    if let long = tasks.first(where: { !RecipeTask.isName($0.name) }) {
      throw Failure(
        .usage, setting: "task-domains", value: value,
        "\(long.name) is too long for a task's name; it has up to 64 letters")
    }
    if let twice = tasks.firstDuplicate(by: \.name) {
      throw Failure(
        .usage, setting: "task-domains", value: value,
        "two tasks would be called \(twice); give tasks or domains other names")
    }
  }
}

extension RecipeOption {
  /// The options of domains.
  static let domains: [RecipeOption] = [
    RecipeOption(
      "task-domains", .data, "name,…",
      allowed: "names with commas between, each of up to 64 letters, digits, '_' or '-', and not "
        + "'all'",
      "Domains that every task has, as in news,bio: '{domain}' in file names stands for each in turn",
      read: { .text($0.domains.names.joined(separator: ",")) },
      write: { recipe, value, place in
        guard let names = DomainOptions.names(value) else { return false }
        if let twice = names.firstDuplicate(by: \.self) {
          throw place.refuse(twice, "names two domains; give each domain its own name")
        }
        recipe.domains.names = names
        return true
      }),
    .choice(
      "domains-as", .data, \.domains.arrangement,
      "A task of its own for each domain, called pos-news, or one task on the files of all"),
  ]
}
