import Basics
import Foundation
import Testing

@Suite final class KeptResultTests {
  private let folder = NSTemporaryDirectory() + UUID().uuidString
  private var input: String { "\(folder)/input" }
  private var file: String { "\(folder)/results/kept.json" }

  init() throws {
    try Files.makeFolder(folder)
    try write("one", to: input)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ text: String, to path: String) throws {
    try Files.writeAtomically(Data(text.utf8), to: path)
  }

  private func kept(
    settings: String = "s", inputs: [(String, String)]? = nil
  ) -> KeptResult<[Double]> {
    KeptResult(
      file, settings: settings,
      inputs: (inputs ?? [("in", input)]).map { (name: $0.0, path: $0.1) })
  }

  /// Lets the file at `path` look as if it was written long ago.
  private func age(_ path: String, by seconds: Int = 1000) throws {
    let time = timeval(tv_sec: Foundation.time(nil) - seconds, tv_usec: 0)
    #expect([time, time].withUnsafeBufferPointer { utimes(path, $0.baseAddress) } == 0)
  }

  @Test func numbersComeBackToTheBit() throws {
    let numbers = [
      0.1, -0.0, 1 / 3.0, .pi * 1e-300, .leastNonzeroMagnitude, 1.7976931348623157e308, -2,
    ]
    #expect(kept().read() == nil)
    #expect(try kept().write { numbers } == numbers)
    #expect(kept().read()?.map(\.bitPattern) == numbers.map(\.bitPattern))
  }

  @Test func whatWasComputedFromSomethingElseIsNone() throws {
    _ = try kept().write { [1] }
    #expect(kept(settings: "t").read() == nil)
    #expect(kept(inputs: [("other", input)]).read() == nil)
    #expect(kept(inputs: []).read() == nil)
    #expect(kept(inputs: [("in", input), ("in", input)]).read() == nil)
    try write("two", to: input)
    #expect(kept().read() == nil)
    try write("one", to: input)
    #expect(kept().read() == [1])
    unlink(input)
    #expect(kept().read() == nil)
  }

  /// The same length, and the time of the last change set back.
  @Test func aChangeThatHidesItsTimeIsSeen() throws {
    try age(input)
    _ = try kept().write { [1] }
    usleep(2_100_000)
    // Read again now, it is known by its times.
    #expect(kept().read() == [1])
    try write("two", to: input)
    try age(input)
    #expect(kept().read() == nil)
  }

  @Test func damageOfAnyByteIsSeen() throws {
    _ = try kept().write { [1, 2, 3] }
    let whole = try Files.read(file)
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 1
      try Files.writeAtomically(damaged, to: file)
      #expect(kept().read() == nil, "byte \(index)")
    }
    for length in [0, 1, 64, 65, 66, whole.count - 1] {
      try Files.writeAtomically(whole.prefix(length), to: file)
      #expect(kept().read() == nil, "\(length) bytes")
    }
    try Files.writeAtomically(whole, to: file)
    #expect(kept().read() == [1, 2, 3])
  }

  /// A folder that cannot be made, or a pipe that nobody reads, does not stop the computation.
  @Test func whatCannotBeKeptIsComputedAllTheSame() throws {
    try write("a file", to: "\(folder)/results")
    #expect(try kept().write { [4] } == [4])
    #expect(kept().read() == nil)
    unlink("\(folder)/results")
    try Files.makeFolder("\(folder)/results")
    #expect(mkfifo(file, 0o644) == 0)
    #expect(try kept().write { [5] } == [5])
    #expect(kept().read() == nil)
    #expect(throws: Failure(.badData, "no")) { try kept().write { throw Failure(.badData, "no") } }
  }
}
