import Tensors

/// The α of one layer: every task reads a mixture of all tasks' states (Ruder et al. 2019,
/// equations 1 and 2; with one subspace Misra et al. 2016).
///
/// States are [N, 2H], the forward direction beside the backward one. A layer is divided into S
/// subspaces by units: subspace s has the s-th part of the units of *each* direction, so one α
/// mixes forward states with forward states and backward states with backward states, token by
/// token.
public final class StitchUnit {
  /// One number of α.
  public struct Entry: Sendable, Equatable {
    /// Where it starts.
    public let start: Float
    /// Entries of the same group move together; nil stays where it starts.
    public let group: Int?

    /// A number that starts at `start`.
    public init(start: Float, group: Int?) {
      self.start = start
      self.group = group
    }
  }

  /// α [S·M, S·M]: row target task · S + subspace, column source task · S + subspace.
  public let alpha: Parameter
  private let subspaces: Int
  private let tasks: Int
  private let isFree: [Bool]
  /// The entries that move with each.
  private let companions: [[Int]]

  /// A unit for `tasks` tasks of `subspaces` subspaces with the numbers `entries`, row by row.
  public init(_ name: String, tasks: Int, subspaces: Int, entries: [Entry]) {
    let size = tasks * subspaces
    precondition(entries.count == size * size)
    self.tasks = tasks
    self.subspaces = subspaces
    alpha = Parameter(name, [size, size])
    alpha.set(entries.map(\.start))
    isFree = entries.map { $0.group != nil }
    companions = entries.map { entry in
      entry.group.map { group in entries.indices.filter { entries[$0].group == group } } ?? []
    }
  }

  /// The tasks whose states `target` reads: those with a number that moves or is not zero; itself
  /// if there are none, as a weights file may have it.
  public func sources(of target: Int) -> [Int] {
    let sources = (0..<tasks).filter { source in
      (0..<subspaces * subspaces).contains { pair in
        let entry = index(target, pair / subspaces, source, pair % subspaces)
        return isFree[entry] || alpha.values[entry] != 0
      }
    }
    return sources.isEmpty ? [target] : sources
  }

  /// What task `target` reads [N, 2H], from the states of `sources(of: target)`, by task.
  ///
  /// A step of one task reads the rows of the tasks that it needs, and only these get a gradient;
  /// with momentum the other rows coast meanwhile, as α is one parameter.
  public func callAsFunction(
    _ states: [Int: Variable], target: Int, on tape: Tape
  ) -> Variable {
    let sources = sources(of: target)
    let width = states[sources[0]]!.value.shape[1]
    let directions = subspaces == 1 ? 1 : 2
    let part = width / directions / subspaces
    var terms: [WeightedSum.Term] = []
    for direction in 0..<directions {
      let start = direction * width / directions
      for to in 0..<subspaces {
        for source in sources {
          for from in 0..<subspaces {
            let entry = index(target, to, source, from)
            terms.append(
              WeightedSum.Term(
                source: states[source]!, from: start + from * part, to: start + to * part,
                width: part, weight: alpha.values[entry], entry: isFree[entry] ? entry : nil))
          }
        }
      }
    }
    return WeightedSum.of(terms, width: width, on: tape) { [alpha, companions] entry, slope in
      alpha.ensureGradient()
      for companion in companions[entry] { alpha.gradient[companion] += Float(slope) }
    }
  }

  private func index(_ target: Int, _ to: Int, _ source: Int, _ from: Int) -> Int {
    (target * subspaces + to) * tasks * subspaces + source * subspaces + from
  }
}
