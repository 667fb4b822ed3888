import Dispatch
import Tensors

/// What a load came to.
struct Work {
  var tokens = 0
  /// Nanoseconds of the work itself, and of making its batches.
  var worked: Double = 0
  var prepared: Double = 0
  /// Nanoseconds of the parts, if there was a clock.
  var parts: [StepClock.Part: UInt64] = [:]

  var tokensPerSecond: Double { Double(tokens) / (worked + prepared) * 1e9 }
}

/// Keeps a load going and times it.
final class LoadTimer {
  private let load: any Load
  private var batches: [(task: Int, tokens: Int)] = []
  private var next = 0
  /// What making batches has cost so far, and for how many tokens.
  private var preparation = (nanoseconds: 0.0, tokens: 0)

  init(_ load: any Load) { self.load = load }

  /// Works for about `seconds`, at least `steps` steps. Making batches is timed by the pass, and
  /// counted for the tokens worked on: a short measurement is charged its share.
  func run(seconds: Double, steps: Int = 1, clock: StepClock? = nil) throws -> Work {
    var work = Work()
    var done = 0
    if next == batches.count { prepare() }
    clock?.restart()
    let start = DispatchTime.now().uptimeNanoseconds
    var paused: UInt64 = 0
    repeat {
      if next == batches.count {
        let pause = DispatchTime.now().uptimeNanoseconds
        clock.during(Self.preparing) { prepare() }
        paused += DispatchTime.now().uptimeNanoseconds - pause
      }
      try load.work(next, clock: clock)
      work.tokens += batches[next].tokens
      next += 1
      done += 1
      work.worked = Double(DispatchTime.now().uptimeNanoseconds - start - paused)
    } while work.worked < seconds * 1e9 || done < steps
    clock?.change(to: .rest)
    work.prepared =
      preparation.nanoseconds / Double(preparation.tokens) * Double(work.tokens)
    work.parts = clock?.nanoseconds.filter { $0.key.name != Self.preparing } ?? [:]
    return work
  }

  private static let preparing = "preparation"

  private func prepare() {
    let start = DispatchTime.now().uptimeNanoseconds
    batches = load.prepare()
    next = 0
    preparation.nanoseconds += Double(DispatchTime.now().uptimeNanoseconds - start)
    preparation.tokens += batches.reduce(0) { $0 + $1.tokens }
  }
}
