import Synchronization

/// Cores that pieces of work share out among themselves while they are under way side by side.
///
/// A piece asks again and again how many threads it may use: when another has ended and nobody
/// takes its place, its cores go to those still under way. Every core belongs to one piece, so
/// that pieces together never use more cores than there are, unless there are more pieces.
public final class CoreBudget: Sendable {
  private let cores: Int
  /// The pieces under way, in the order they were begun.
  private let pieces = Mutex<[Int]>([])

  /// A budget of `cores` cores, 1 or more, with nothing under way.
  public init(cores: Int) {
    precondition(cores > 0)
    self.cores = cores
  }

  /// Takes in `piece`, which must not be under way already.
  public func begin(_ piece: Int) {
    pieces.withLock {
      precondition(!$0.contains(piece))
      $0.append(piece)
    }
  }

  /// Gives the cores of `piece` to the others.
  public func end(_ piece: Int) {
    pieces.withLock { $0.removeAll { $0 == piece } }
  }

  /// The threads that `piece` may use now, at least 1; those begun first get what is left over.
  public func threads(of piece: Int) -> Int {
    pieces.withLock { pieces in
      guard let place = pieces.firstIndex(of: piece) else { return 1 }
      let (share, rest) = cores.quotientAndRemainder(dividingBy: pieces.count)
      return max(1, share + (place < rest ? 1 : 0))
    }
  }
}
