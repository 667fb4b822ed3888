import Basics
import Masks

/// Which weights go when tasks decide together: every task ranks those that are alive for it, and a
/// weight stays as long as one task ranks it high enough (after Sun et al. 2022, DiSparse, section
/// 3.2, where tasks agree by the union of their masks).
///
/// Learned scores are learned at the size of the common ticket or of the whole union.
public enum Agreement: Sendable, Equatable {
  /// One ticket for all tasks: exactly so many weights stay, those with the best rank that any task
  /// gives them.
  case common
  /// A ticket a task, each the task's own best ranks, all of one size: the largest with which their
  /// union has at most so many weights.
  case union

  /// The masks of the next round, one set a task.
  ///
  /// - Parameters:
  ///   - count: how many weights stay, in the common ticket or in the union.
  ///   - saliencies: what weights are worth, task by task.
  ///   - masks: the tasks' masks so far, over the same tensors; all the same for a common ticket.
  /// - Throws: `Failure` of kind `badData` if a score is no number, `usage` naming the setting if
  ///   the budget leaves a task no weight.
  public func keep(
    _ count: Int, of saliencies: [Saliency], masks: [MaskSet], scope: PruningSettings.Scope
  ) throws -> [MaskSet] {
    for (saliency, masks) in zip(saliencies, masks) { try saliency.requireFinite(masks) }
    let tensors = Array(masks[0].entries.indices)
    let parts: [(tensors: [Int], count: Int)]
    switch scope {
    case .global: parts = [(tensors, count)]
    case .layer:
      let union = try MaskSet.union(of: masks).entries.map(\.mask.aliveCount)
      // A union may have stayed below its budget in the round before.
      let quotas = Selection.quotas(min(count, union.reduce(0, +)), over: union)
      parts = zip(tensors, quotas).map { ([$0], $1) }
    }
    var kept = masks.map { $0.entries.map(\.mask) }
    for (tensors, count) in parts {
      let ranks = try zip(saliencies, masks).map { saliency, masks in
        try saliency.values.withPointers { scores in
          try Selection.ranks(
            tensors.map { scores[$0] }, alive: tensors.map { masks.entries[$0].mask },
            by: saliency.order
          ).flatMap(\.self)
        }
      }
      let own = self.masks(count, ranks)
      var start = 0
      for tensor in tensors {
        let end = start + masks[0].entries[tensor].mask.count
        for task in masks.indices { kept[task][tensor] = BitMask(own[task][start..<end]) }
        start = end
      }
    }
    let result = zip(masks, kept).map { $0.replacing($1) }
    if let empty = result.firstIndex(where: { $0.aliveCount == 0 }) {
      throw Failure(
        .usage, setting: "union-density",
        "a union of \(count) weights leaves the ticket of task \(empty + 1) empty; allow more")
    }
    return result
  }

  /// Which of the weights that have `ranks`, task by task, every task keeps.
  private func masks(_ count: Int, _ ranks: [[Int]]) -> [[Bool]] {
    let best = ranks[0].indices.map { place in ranks.reduce(Int.max) { min($0, $1[place]) } }
    switch self {
    case .common:
      // Of equal ranks the earlier is pruned first, as always.
      let order = best.indices.sorted { (best[$0], -$0) < (best[$1], -$1) }
      var kept = [Bool](repeating: false, count: best.count)
      for place in order.prefix(count) { kept[place] = true }
      return ranks.map { _ in kept }
    case .union:
      // With k weights a task the union has those whose best rank is below k.
      var byRank = [Int](repeating: 0, count: best.count)
      for rank in best where rank < .max { byRank[rank] += 1 }
      let alive = ranks.map { $0.reduce(0) { $0 + ($1 < .max ? 1 : 0) } }.min()!
      var (size, union) = (0, 0)
      while size < alive, union + byRank[size] <= count {
        union += byRank[size]
        size += 1
      }
      return ranks.map { $0.map { $0 < size } }
    }
  }
}
