import Basics
import Recipes
import Runs
import Sharing

/// The files that something measured in a comparison is computed from, by their names in it.
struct ComparisonInputs {
  private var paths: [String: String] = [:]
  /// What has been added of runs, by its name.
  private var added: Set<String> = []

  /// Adds data files.
  mutating func add(data files: Set<String>) {
    for file in files { paths[file] = file }
  }

  /// Adds those of the run that trains what stands at `place` of those compared in cell `index`.
  ///
  /// They are told by the recipe of the cell; the run's record is among them, so that one which says
  /// something else is noticed.
  mutating func add(_ comparison: Comparison, _ index: Int, _ place: Int) throws {
    let home = comparison.home(of: index, place)
    let run = comparison.folder(home)
    let architecture = comparison.cells[index].compared[place].architecture
    if added.insert(home.folder).inserted { add(RunDirectory.records(in: run), of: home) }
    if added.insert("\(home.folder) \(architecture.name)").inserted {
      add(try RunDirectory.files(of: architecture, home.recipe, in: run), of: home)
    }
  }

  private mutating func add(_ files: [(name: String, path: String)], of home: ComparisonCell) {
    for (name, path) in files { paths["\(home.folder)/\(name)"] = path }
  }

  /// All of them, in one order.
  var list: [(name: String, path: String)] {
    paths.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
