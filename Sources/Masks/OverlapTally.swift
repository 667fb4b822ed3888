/// Counts of alive weights over parts of several masks: everything an overlap ratio needs.
struct OverlapTally {
  var prunable = 0
  /// Alive weights, one count for each task.
  var alive: [Int]
  /// Weights alive in both tasks of each pair, pairs ordered (0,1), (0,2), …, (1,2), ….
  var pairs: [Int]
  /// Weights alive in all tasks.
  var intersection = 0
  /// Weights alive in any task.
  var union = 0

  init(tasks: Int) {
    alive = Array(repeating: 0, count: tasks)
    pairs = Array(repeating: 0, count: tasks * (tasks - 1) / 2)
  }

  /// Adds the elements `range` of the masks with these `words`, one array for each task.
  ///
  /// Words are counted where they lie: no union or intersection is ever stored.
  mutating func add(_ range: Range<Int>, of words: [[UInt64]]) {
    guard !range.isEmpty else { return }
    prunable += range.count
    let first = range.lowerBound >> 6
    let last = (range.upperBound - 1) >> 6
    for w in first...last {
      var window = ~UInt64(0)
      if w == first { window &= ~0 << UInt64(range.lowerBound & 63) }
      if w == last { window &= ~0 >> UInt64(63 - (range.upperBound - 1) & 63) }
      var every = window
      var any: UInt64 = 0
      var pair = 0
      for a in words.indices {
        let bits = words[a][w] & window
        every &= bits
        any |= bits
        alive[a] += bits.nonzeroBitCount
        for b in a + 1..<words.count {
          pairs[pair] += (bits & words[b][w]).nonzeroBitCount
          pair += 1
        }
      }
      intersection += every.nonzeroBitCount
      union += any.nonzeroBitCount
    }
  }

  static func += (a: inout OverlapTally, b: OverlapTally) {
    a.prunable += b.prunable
    a.intersection += b.intersection
    a.union += b.union
    for t in a.alive.indices { a.alive[t] += b.alive[t] }
    for p in a.pairs.indices { a.pairs[p] += b.pairs[p] }
  }
}
