import Recipes
import Tensors

/// What is measured.
public enum BenchmarkMode: String, CaseIterable, Codable, Sendable {
  /// Steps of the training loop.
  case train
  /// Scores and labels, as `predict` and `evaluate` make them.
  case predict
}

/// One thing that is measured: a network, its masks and how it is worked on.
public struct BenchmarkConfiguration: Hashable, Sendable {
  /// Where the masks come from.
  public enum Masks: Hashable, Sendable {
    /// None: every weight is alive.
    case none
    /// Drawn for each task and tensor by itself, this share alive.
    case random(Double)
    /// The tickets given.
    case tickets
  }

  /// H and K.
  public var hidden: Int, layers: Int
  /// M, the tasks.
  public var tasks: Int
  /// The tokens of every sentence; nil for the sentences as they are.
  public var length: Int?
  /// The masks.
  public var masks: Masks
  /// How masked products are executed; of no effect without masks.
  public var execution: MaskedExecution
  /// B.
  public var batch: Int
  /// Threads.
  public var threads: Int
  /// Training or prediction.
  public var mode: BenchmarkMode

  /// What this is compared with: the same without masks.
  var unmasked: BenchmarkConfiguration {
    var copy = self
    copy.masks = .none
    copy.execution = .dense
    return copy
  }
}

/// Configurations that are printed as one table.
public struct BenchmarkGroup: Sendable {
  /// The heading; empty if there is one table only.
  public let title: String
  /// The rows.
  public let configurations: [BenchmarkConfiguration]
}

extension BenchmarkSettings {
  /// What is to be measured with the network and tasks of `recipe`, where no list says otherwise;
  /// a configuration may be in several groups.
  func groups(for recipe: Recipe) -> [BenchmarkGroup] {
    let tasks = recipe.tasks.count
    let base = Lists(
      hidden: hidden ?? [recipe.hidden], layers: layers ?? [recipe.layers],
      tasks: taskCounts ?? [tasks],
      lengths: lengths ?? [nil], densities: densities ?? [1, 0.3, 0.1])
    guard isGrowth else {
      return [BenchmarkGroup(title: "", configurations: product(base))]
    }
    // One list at a time grows, from the usual network on the sentences as they are.
    let fixed = Lists(
      hidden: [recipe.hidden], layers: [recipe.layers], tasks: [tasks], lengths: [nil],
      densities: [1])
    func group(_ title: String, _ change: (inout Lists) -> Void) -> BenchmarkGroup {
      var lists = fixed
      change(&lists)
      return BenchmarkGroup(title: title, configurations: product(lists))
    }
    return [
      group("sentence length") { $0.lengths = lengths ?? [5, 10, 20, 40, 80, 160] },
      group("hidden units") { $0.hidden = hidden ?? [100, 200, 400, 800] },
      group("layers") { $0.layers = layers ?? [1, 2, 3, 4] },
      group("tasks") { $0.tasks = taskCounts ?? [2, 4, 8, 16] },
      group("density") { $0.densities = densities ?? [1, 0.5, 0.3, 0.2, 0.1, 0.05] },
    ]
  }

  /// What is varied beside mode, batch, threads and execution.
  private struct Lists {
    var hidden: [Int], layers: [Int], tasks: [Int]
    var lengths: [Int?]
    var densities: [Double]
  }

  private func product(_ lists: Lists) -> [BenchmarkConfiguration] {
    var masks: [(BenchmarkConfiguration.Masks, MaskedExecution)] = []
    if usesTickets {
      masks = [(.none, .dense)] + executions.map { (.tickets, $0) }
    } else {
      for density in lists.densities {
        masks += density == 1 ? [(.none, .dense)] : executions.map { (.random(density), $0) }
      }
    }
    var all: [BenchmarkConfiguration] = []
    for mode in modes {
      for threads in threads {
        for batch in batches {
          for hidden in lists.hidden {
            for layers in lists.layers {
              for tasks in lists.tasks {
                for length in lists.lengths {
                  all += masks.map { masks, execution in
                    BenchmarkConfiguration(
                      hidden: hidden, layers: layers, tasks: tasks, length: length, masks: masks,
                      execution: execution, batch: batch, threads: threads, mode: mode)
                  }
                }
              }
            }
          }
        }
      }
    }
    return all
  }
}
