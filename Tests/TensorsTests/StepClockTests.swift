import Dispatch
import Tensors
import Testing

@Suite struct StepClockTests {
  private func busy(_ milliseconds: UInt64) {
    let end = DispatchTime.now().uptimeNanoseconds + milliseconds * 1_000_000
    while DispatchTime.now().uptimeNanoseconds < end {}
  }

  @Test func partsAreNamedForwardAndBackward() {
    let clock = StepClock()
    let tape = Tape(clock: clock)
    let x = tape.variable(tape.tensor([1]))
    let y = tape.part("outer") {
      let inner = tape.part("inner") {
        busy(2)
        return tape.record(x.value) { [self] in
          busy(4)
          tape.add($0, to: x)
        }
      }
      busy(3)
      return tape.record(inner.value) { tape.add($0, to: inner) }
    }
    busy(1)
    tape.backward(from: y)
    clock.change(to: .rest)
    func time(_ name: String, _ isBackward: Bool = false) -> UInt64 {
      (clock.nanoseconds[.init(name, isBackward: isBackward)] ?? 0) / 1_000_000
    }
    // Only lower limits: another process may take the processor at any moment.
    #expect(time("inner") >= 2 && time("inner", true) >= 4)
    #expect(time("outer") >= 3 && time("rest") >= 1)
    #expect(
      Set(clock.nanoseconds.keys) == [
        .init("inner"), .init("inner", isBackward: true), .init("outer"),
        .init("outer", isBackward: true), .rest,
      ])
  }

  @Test func partsAddUpToTheWhole() {
    let clock = StepClock()
    let start = DispatchTime.now().uptimeNanoseconds
    clock.restart()
    for name in ["a", "b", "a"] { StepClock?.some(clock).during(name) { busy(2) } }
    clock.change(to: .rest)
    let sum = clock.nanoseconds.values.reduce(0, +)
    let elapsed = DispatchTime.now().uptimeNanoseconds - start
    #expect(sum >= 6_000_000 && sum <= elapsed)
    #expect(clock.part == .rest)
    clock.restart()
    #expect(clock.nanoseconds.isEmpty)
  }

  @Test func withoutAClockNothingIsTimed() {
    let none: StepClock? = nil
    #expect(none.during("a") { 3 } == 3)
    #expect(Tape().clock == nil)
  }
}
