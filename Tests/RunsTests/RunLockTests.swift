import Basics
import Foundation
import Recipes
import Runs
import TestSupport
import Testing

@Suite struct RunLockTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func secondHolderIsToldWhoHasIt() throws {
    let lock = try RunLock.take(run: scratch.path)
    let failure = try #require(failure { try RunLock.take(run: scratch.path) })
    #expect(failure.kind == .busy)
    #expect(
      failure.message == "\(scratch.path): is in use by process \(getpid());"
        + " wait for it or stop it, then run this again")
    withExtendedLifetime(lock) {}
  }

  @Test func lockEndsWithItsHolder() throws {
    do { _ = try RunLock.take(run: scratch.path) }
    _ = try RunLock.take(run: scratch.path)
  }

  @Test func readersNeedNoLock() throws {
    let out = scratch.path("run")
    let run = try RunDirectory.create(out, recipe: resolve())
    #expect(failure { try RunDirectory.open(out, forWork: true) }?.kind == .busy)
    #expect(try RunDirectory.open(out, forWork: false).recipe == run.recipe)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")))
  func killedHolderLeavesNoLock() throws {
    try scratch.file("lock", "")
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    holder.arguments = [
      "--no-fork", scratch.path("lock"), "sh", "-c", "echo held; exec sleep 60",
    ]
    let pipe = Pipe()
    holder.standardOutput = pipe
    try holder.run()
    #expect(try pipe.fileHandleForReading.read(upToCount: 5) == Data("held\n".utf8))
    #expect(failure { try RunLock.take(run: scratch.path) }?.kind == .busy)
    kill(holder.processIdentifier, SIGKILL)
    holder.waitUntilExit()
    _ = try RunLock.take(run: scratch.path)
  }
}
