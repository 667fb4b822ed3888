import Basics
import Foundation
import TestSupport
import Testing

/// Checks that a command that is killed at random moments of its first stages and continued, with two
/// jobs, ends with the bytes of one that never stopped, with one.
///
/// - Parameter command: the command's arguments for a folder's name and a number of jobs.
func expectKillsChangeNothing(
  in scratch: Scratch, chance name: String, _ command: (_ out: String, _ jobs: Int) -> [String]
) throws {
  let start = ContinuousClock.now
  #expect(try tickets(command("whole", 1)).code == 0)
  let seconds = (ContinuousClock.now - start) / .seconds(1)
  try killAgainAndAgain(
    chance: RandomStream(seed: 1, name), within: seconds * 0.2,
    again: { try FileManager.default.removeItem(atPath: scratch.path("killed")) },
    { _ in try Running(command("killed", 2)) })
  let last = try tickets(command("killed", 2))
  #expect(last.code == 0, "\(last.errors)")
  #expect(try differences(scratch.path("killed"), scratch.path("whole")) == [])
}

/// Kills what `start` starts at random moments until it ends by itself, at least three times.
///
/// - Parameters:
///   - within: the most seconds until a kill. A busy machine may have measured far too many: what ends
///     too early is started `again` from nothing, with half of them.
///   - start: starts it; the argument is how often it was killed.
func killAgainAndAgain(
  chance: RandomStream, within seconds: Double, again: () throws -> Void,
  _ start: (Int) throws -> Running
) throws {
  var (chance, seconds, kills) = (chance, seconds, 0)
  while kills < 40 {
    let running = try start(kills)
    usleep(UInt32(1e6 * seconds * Double(chance.uniform())))
    running.send(SIGKILL)
    if try running.end().isKilled {
      kills += 1
    } else if kills < 3, seconds > 0.01 {
      seconds /= 2
      try again()
    } else {
      break
    }
  }
  // Otherwise too little was interrupted to prove anything.
  #expect(kills >= 3)
}
