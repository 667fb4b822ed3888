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
  var chance = RandomStream(seed: 1, name)
  var kills = 0
  while kills < 40 {
    let running = try Running(command("killed", 2))
    usleep(UInt32(1e6 * seconds * 0.2 * Double(chance.uniform())))
    running.send(SIGKILL)
    guard try running.end().isKilled else { break }
    kills += 1
  }
  #expect(kills >= 3)
  #expect(try tickets(command("killed", 2)).code == 0)
  #expect(try differences(scratch.path("killed"), scratch.path("whole")) == [])
}
