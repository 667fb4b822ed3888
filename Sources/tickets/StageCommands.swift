import ArgumentParser
import Basics
import Recipes
import Runs
import Sharing

/// `tickets warmup`: the first stage, and what makes a run.
struct WarmupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "warmup",
    abstract: "Make a run and train the shared network on all tasks: the start of every ticket.",
    discussion: """
      Example:
        tickets warmup --out RUN --train a.conll --dev b.conll \\
            --tasks pos=1,chunk=2,ner=3
      """)

  @OptionGroup var target: RunOption
  @OptionGroup var options: RecipeOptions
  @OptionGroup var resources: ResourceOptions

  func run() throws {
    try resources.runner(target.open(options)).warmUp()
  }
}

/// `tickets prune`: a ticket for one task or for all.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Find a task's ticket: by iterative magnitude pruning, or what else is asked for.",
    discussion: """
      Every round trains the subnet on its task, removes the smallest weights and
      resets the rest to where they started. The plan is printed first. The warm-up
      must be finished. Options left out stay as recorded in the run.

      --criterion says what weights go by instead, --schedule when, --after what
      rounds start from, --combine and --union-density what tasks have to do with
      each other's tickets.

      Examples:
        tickets prune RUN --task ner
        tickets prune RUN --task all --jobs 2
            tasks side by side; the tickets are the same
        tickets prune RUN --task ner --rounds 8 --density 0.2 --dry-run
            only the plan
        tickets prune RUN --criterion snip --schedule one-shot
            in seconds, without training
        tickets prune RUN --combine agree
            one ticket for all tasks
      """)

  @OptionGroup var target: RunArgument
  @Option(help: ArgumentHelp("Task to prune, or all", valueName: "name"))
  var task = "all"
  @Flag(help: "Print the plan and stop.")
  var dryRun = false
  @OptionGroup var options: RecipeOptions
  @OptionGroup var resources: ResourceOptions

  func run() throws {
    let run = try target.open(options, isDraft: true)
    let runner = try resources.runner(run, isDraft: dryRun)
    let tasks = task == "all" ? run.recipe.tasks.map(\.name) : [task]
    let plan = try runner.pruningPlan(tasks: tasks)
    // Options that cannot be are not kept.
    if !dryRun {
      try runner.checkPruning(tasks: tasks)
      try run.adopt()
    }
    try Output.write(plan)
    guard !dryRun else { return }
    try runner.prune(tasks: tasks)
  }
}

/// `tickets train`: an architecture, from the run's tickets or as a baseline.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train the overlapping subnets in parallel, or a baseline.",
    discussion: """
      Sparse sharing needs a ticket for every task. Options left out stay as recorded
      in the run.

      Architectures:
      \(Architecture.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))

      Example:
        tickets train RUN --sharing sparse,hard,single
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var options: RecipeOptions
  @OptionGroup var resources: ResourceOptions

  func run() throws {
    let run = try target.open(options, except: "sharing")
    let names = options.values(of: "sharing").last?.split(separator: ",").map(String.init)
    try resources.runner(run).train(sharing: names ?? run.recipe.sharing)
  }
}
