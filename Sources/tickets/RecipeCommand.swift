import ArgumentParser
import Runs

/// `tickets recipe`: what a run with these options would be made with.
struct RecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe",
    abstract: "Print the resolved recipe: defaults, recipe file and options together.",
    discussion: "The YAML it prints is itself a recipe file.")

  @OptionGroup var options: RecipeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let recipe = try Recipe.resolve(options.layers(), knownSharings: Recipe().sharing)
    try Output.write(output.json ? recipe.json() : recipe.yaml().trimmingSuffix("\n"))
  }
}

extension String {
  /// The text without `suffix` at its end.
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
