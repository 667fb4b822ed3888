import ArgumentParser
import Recipes

/// Every option of a recipe, and the recipe file itself: what commands that make a run take.
///
/// Values stay text here: the recipe's own table parses and checks them, so that a recipe file
/// and the command line accept the same and complain in the same words.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Recipe file, YAML or JSON; options given beside it win", valueName: "file"),
    completion: .file())
  var recipe: String?

  @OptionGroup(title: "Data") var data: SectionOptions<DataSection>
  @OptionGroup(title: "Model") var model: SectionOptions<ModelSection>
  @OptionGroup(title: "Training") var training: SectionOptions<TrainingSection>
  @OptionGroup(title: "Warm-up, pruning and shared training")
  var stages: SectionOptions<StageSection>

  private var given: [(name: String, values: [String])] {
    data.given + model.given + training.given + stages.given
  }

  /// What was given for the option `name`.
  func values(of name: String) -> [String] { given.first { $0.name == name }?.values ?? [] }

  /// What was given, weakest first: the recipe file, then the command line.
  /// Options called as in `taken` are left out of the command line.
  func layers(except taken: [String] = []) throws -> [RecipeLayer] {
    let files = try recipe.map { [try RecipeLayer.file($0)] } ?? []
    return files + [commandLine(except: taken)]
  }

  /// What was given on the command line itself, without options called as in `taken`.
  func commandLine(except taken: [String] = []) -> RecipeLayer {
    RecipeLayer.commandLine(given.filter { !taken.contains($0.name) })
  }
}

extension ArgumentHelp {
  /// The help of the recipe's option `name`.
  static func recipe(_ name: String) -> ArgumentHelp {
    guard let option = RecipeOption.named(name) else {
      preconditionFailure("no option is called \(name)")
    }
    return recipe(option)
  }

  /// The help of `option`.
  static func recipe(_ option: RecipeOption) -> ArgumentHelp {
    ArgumentHelp("\(option.help)", valueName: option.placeholder)
  }
}

extension CompletionKind {
  /// What a shell offers for the value of `option`: its choices, or paths.
  static func recipe(_ option: RecipeOption) -> CompletionKind? {
    let choices = option.placeholder.split(separator: "|").map(String.init)
    return choices.count > 1 ? .list(choices) : option.placeholder == "file" ? .file() : nil
  }
}
