import Foundation
import Runs
import Synchronization
import Testing

/// What progress has written, and a clock that stands still unless it is moved.
private final class Screen: Sendable {
  private let text = Mutex("")
  private let time = Mutex(ContinuousClock.now)

  func progress(_ style: ProgressDisplay.Style) -> ProgressDisplay {
    ProgressDisplay(
      style, write: { text in self.text.withLock { $0 += text } },
      now: { self.time.withLock { $0 } })
  }

  func wait(milliseconds: Int) {
    time.withLock { $0 = $0.advanced(by: .milliseconds(milliseconds)) }
  }

  /// Everything written since the last call.
  func take() -> String {
    text.withLock { text in
      defer { text = "" }
      return text
    }
  }
}

@Suite struct ProgressTests {
  private let screen = Screen()

  @Test func plainLinesOnlyAtEpochEnds() {
    let progress = screen.progress(.lines)
    progress.begin("ner", total: 10)
    for _ in 0..<10 { progress.advance("ner") }
    progress.epoch("ner", "ner epoch 1 f1 0.5")
    progress.finish("ner", "ner done")
    progress.clear()
    #expect(screen.take() == "ner epoch 1 f1 0.5\nner done\n")
  }

  @Test func quietWritesNothing() {
    let progress = screen.progress(.quiet)
    progress.begin("ner", total: 10)
    progress.epoch("ner", "x")
    progress.say("y")
    progress.finish("ner", "z")
    #expect(screen.take() == "")
  }

  @Test func barsShareOneLine() {
    let progress = screen.progress(.bars(width: { 80 }))
    progress.begin("ner", total: 4)
    progress.begin("pos", total: 10)
    _ = screen.take()
    screen.wait(milliseconds: 100)
    progress.advance("ner", by: 3, note: "loss 0.5")
    #expect(screen.take() == "\r\u{1B}[Kner [#######...] 75% | pos [..........] 0% | loss 0.5")
    progress.finish("ner", "ner done")
    #expect(screen.take() == "\r\u{1B}[Kner done\n\r\u{1B}[Kpos [..........] 0%")
    progress.finish("pos")
    #expect(screen.take() == "\r\u{1B}[K")
  }

  @Test func barsAreClippedToTheTerminal() {
    let progress = screen.progress(.bars(width: { 12 }))
    progress.begin("ner", total: 4)
    #expect(screen.take() == "\r\u{1B}[Kner [......")
  }

  @Test func redrawsAtMostTenTimesASecond() {
    let progress = screen.progress(.bars(width: { 80 }))
    progress.begin("ner", total: 1000)
    _ = screen.take()
    for _ in 0..<1000 {
      screen.wait(milliseconds: 1)
      progress.advance("ner")
    }
    #expect(screen.take().split(separator: "\r").count == 10)
  }

  @Test func moreThanAllOfNothingIsStillABar() {
    let progress = screen.progress(.bars(width: { 80 }))
    progress.begin("a", total: 0)
    progress.begin("b", total: 2)
    _ = screen.take()
    screen.wait(milliseconds: 100)
    progress.advance("b", by: 5)
    #expect(screen.take() == "\r\u{1B}[Ka [..........] 0% | b [##########] 100%")
  }
}
