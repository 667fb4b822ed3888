import Recipes

/// The architectures these tests pretend can be trained.
package let sharings = [
  "sparse", "subnet", "hard", "hierarchical", "shared-private", "stacked", "modules",
  "cross-stitch",
  "sluice", "group-lasso", "domain-adaptation", "single",
]

/// The recipe of command-line options given as name and value.
package func resolve(_ given: (String, String)...) throws -> Recipe {
  try Recipe.resolve([layer(given)], knownSharings: sharings)
}

/// Options as if from the command line; one given several times collects its values.
package func layer(_ given: [(String, String)]) -> RecipeLayer {
  let names = given.map(\.0).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  return .commandLine(
    names.map { name in (name, given.filter { $0.0 == name }.map(\.1)) })
}
