import ArgumentParser
import Recipes
import Sharing

/// `tickets recipe`: what a run with these options would be made with.
struct RecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe",
    abstract: "Print the resolved recipe: defaults, recipe file and options together.",
    discussion: """
      The YAML it prints is itself a recipe file.

      Example:
        tickets recipe --recipe Tools/recipes/small.yaml --lr 0.05 > mine.yaml
      """)

  @OptionGroup var options: RecipeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let recipe = try Recipe.resolve(options.layers(), knownSharings: Architecture.all.map(\.name))
    try Output.write(output.json ? recipe.json() : recipe.yaml().trimmed)
  }
}
