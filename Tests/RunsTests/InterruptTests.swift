import Basics
import Foundation
import Runs
import Testing

@Suite struct InterruptTests {
  @Test func firstSignalStopsAtTheNextCheck() async {
    await #expect(processExitsWith: .exitCode(7)) {
      Interrupt.install()
      try Interrupt.check()
      interruptOnce()
      do {
        try Interrupt.check()
      } catch let failure as Failure where failure.kind == .interrupted {
        exit(7)
      }
    }
  }

  @Test func secondSignalEndsAtOnce() async {
    await #expect(processExitsWith: .exitCode(130)) {
      Interrupt.install()
      interruptOnce()
      kill(getpid(), SIGTERM)
      sleep(60)
    }
  }
}

/// Signals this process and waits until the handler, which another thread may run, has seen it.
private func interruptOnce() {
  kill(getpid(), SIGINT)
  while !Interrupt.isRequested { usleep(1000) }
}
