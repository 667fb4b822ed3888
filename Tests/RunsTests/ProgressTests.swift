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

  @Test(arguments: [
    (100, "ner round 2/4 (density 0.5) [#####.....] 50% 2 s; left: prune 1 h, run 5 h | loss 0.5"),
    (70, "ner round 2/4 50% 2 s; left: prune 1 h, run 5 h"),
    (40, "run 5 h | ner round 2/4 50%"), (12, "run 5 h | n"),
  ]) func narrowTerminalsLoseWhatMattersLeast(width: Int, line: String) {
    let progress = screen.progress(.bars(width: { width }))
    let label = "ner round 2/4 (density 0.5)"
    progress.begin(label, total: 4)
    screen.wait(milliseconds: 2000)
    progress.advance(label, by: 2)
    _ = screen.take()
    progress.epoch(label, "loss 0.5", left: ["prune 1 h", "run 5 h"])
    #expect(screen.take() == "\r\u{1B}[K" + line)
  }

  @Test func everyRunHasItsOwnTimeLeft() {
    let progress = screen.progress(.bars(width: { 200 }))
    for run in ["seed 1", "seed 2"] { progress.begin("\(run): hard", total: 4) }
    progress.epoch("seed 1: hard", "", left: ["run 5 h"], of: "seed 1")
    progress.epoch("seed 2: hard", "", left: ["run 2 h"], of: "seed 2")
    _ = screen.take()
    progress.epoch("seed 1: hard", "", left: ["run 4 h"], of: "seed 1")
    let bars = "\r\u{1B}[Kseed 1: hard [..........] 0% | seed 2: hard [..........] 0%"
    #expect(screen.take() == bars + "; seed 1 left: run 4 h; seed 2 left: run 2 h")
    progress.left([], of: "seed 1")
    progress.finish("seed 1: hard")
    #expect(
      screen.take() == "\r\u{1B}[Kseed 2: hard [..........] 0%; seed 2 left: run 2 h")
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
