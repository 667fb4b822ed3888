import Figures

/// What a comparison consists of, and how far it has come.
public struct ComparisonGrid: Encodable, Sendable {
  /// One run.
  public struct Cell: Encodable, Sendable {
    let folder: String, label: String
    let tasks: [String]
    /// The architectures or the variant trained in it.
    let sharing: [String]
    let done: Bool
  }

  let baseline: String
  let sharing: [String]
  /// The runs.
  public let cells: [Cell]

  /// A table for people.
  public var text: String { table(rows) + "\n" + summary }

  /// The runs as rows of a table, below its head.
  var rows: [[String]] {
    [["run", "tasks", "sharing", "state"]]
      + cells.map { cell in
        [
          cell.folder, cell.tasks.joined(separator: ","),
          cell.sharing.isEmpty ? "-" : cell.sharing.joined(separator: ","),
          cell.done ? "done" : "open",
        ]
      }
  }

  /// How far they have come.
  var summary: String {
    "\(cells.count { $0.done }) of \(counted(cells.count, "run")) done; \(sharing.joined(separator: ", ")) are"
      + " compared with \(baseline)"
  }
}
