import Foundation
import Synchronization
import Tensors
import Testing

@Suite(.timeLimit(.minutes(10))) struct CoreBudgetTests {
  /// Every core belongs to one piece, as long as there are enough of them.
  @Test(arguments: 1...7, 1...5) func coresAreSharedOut(cores: Int, pieces: Int) {
    let budget = CoreBudget(cores: cores)
    for piece in 0..<pieces { budget.begin(piece) }
    for ended in 0..<pieces {
      let shares = (ended..<pieces).map(budget.threads(of:))
      #expect(shares.reduce(0, +) == max(cores, shares.count))
      #expect(shares.max()! - shares.min()! <= 1)
      budget.end(ended)
      #expect(budget.threads(of: ended) == 1)
    }
  }

  @Test func freedCoreGoesToThoseUnderWay() {
    let budget = CoreBudget(cores: 2)
    budget.begin(0)
    #expect(budget.threads(of: 0) == 2)
    budget.begin(1)
    #expect([0, 1].map(budget.threads(of:)) == [1, 1])
    budget.end(0)
    budget.begin(2)
    #expect([1, 2].map(budget.threads(of:)) == [1, 1])
    budget.end(1)
    #expect(budget.threads(of: 2) == 2)
  }

  /// Of three pieces with two jobs the last to be under way gets the other's core, and no sooner.
  @Test func lastPieceOfAMapUsesAllCores() throws {
    let running = Mutex(0)
    let hasBeenAlone = Mutex(0)
    _ = try Parallel.map(3, jobs: 2) { index, circumstances in
      running.withLock { $0 += 1 }
      if index == 1 {
        // Outlives the others.
        while running.withLock({ $0 }) < 3 { usleep(100) }
        while circumstances.threads() == 1 { usleep(100) }
        hasBeenAlone.withLock { $0 = circumstances.threads() }
      } else {
        while running.withLock({ $0 }) < 2 { usleep(100) }
        #expect(circumstances.threads() == 1)
      }
    }
    #expect(hasBeenAlone.withLock { $0 } == 2)
  }
}
