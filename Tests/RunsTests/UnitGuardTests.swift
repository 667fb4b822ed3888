import Basics
import Foundation
import Runs
import TestSupport
import Testing

/// Who may work on a part of a run.
@Suite struct UnitGuardTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private var path: String { scratch.path("guards/prune+ner.guard") }

  private func write(host: String = "node7", identity: String, process: Int32, start: Int) throws {
    try scratch.file(
      "guards/prune+ner.guard",
      #"{"boot":"0","host":"\#(host)","identity":"\#(identity)","process":\#(process),"start":\#(start)}"#
        + "\n")
  }

  private func take(_ takingOver: TakeOver = .none) throws -> UnitGuard {
    try UnitGuard.take("prune/ner", of: scratch.path, takingOver: takingOver)
  }

  @Test func oneAtATime() throws {
    let first = try take()
    let second = failure { try take() }
    #expect(second?.kind == .busy && second!.message.contains("works on prune/ner; wait for it"))
    #expect(failure { try take(.all) }?.kind == .busy)
    try UnitGuard.requireHeld(in: scratch.path)
    #expect(try UnitGuard.holders(in: scratch.path).map(\.unit) == ["prune/ner"])
    first.release()
    #expect(!FileManager.default.fileExists(atPath: path))
    try take().release()
  }

  @Test func deadOnesAreTakenOver() throws {
    // No process has this number here.
    try write(identity: Host.identity, process: .max, start: 1)
    #expect(try UnitGuard.holders(in: scratch.path).isEmpty)
    try take().release()
    // One of this number began at another time.
    try write(identity: Host.identity, process: getpid(), start: 1)
    try take().release()
    // When that was is not known: it may be this one.
    try write(identity: Host.identity, process: getpid(), start: 0)
    #expect(failure { try take() }?.kind == .busy)
    #expect(failure { try take(.all) }?.kind == .busy)
  }

  @Test func elsewhereOnlyWhoSaysSo() throws {
    func holds() throws { try write(identity: "0", process: 4711, start: 12) }
    try holds()
    let problem = failure { try take() }
    #expect(problem?.kind == .busy && problem!.message.contains("process 4711 on node7"))
    for other in ["node7:4711:13", "node7:4712:12", "node8:4711:12", ""] {
      #expect(failure { try take(.worker(other)) }?.kind == .busy, "\(other)")
    }
    try take(.worker("node7:4711:12")).release()
    try holds()
    try take(.all).release()
  }

  /// Whoever is taken for dead and is not stops.
  @Test func losersNotice() throws {
    let own = try take()
    try write(identity: "0", process: 4711, start: 12)
    let problem = failure { try UnitGuard.requireHeld(in: scratch.path) }
    #expect(problem?.kind == .busy && problem!.message.contains("process 4711 on node7"))
    // It is not theirs to remove.
    own.release()
    #expect(FileManager.default.fileExists(atPath: path))
    try UnitGuard.requireHeld(in: scratch.path)
  }

  /// A claim that its taker did not live to use is in nobody's way.
  @Test func claimsOfTheDead() throws {
    try write(identity: Host.identity, process: .max, start: 1)
    let digest = Digest.hex(Digest.sha256(try Files.read(path))).prefix(16)
    try FileManager.default.copyItem(atPath: path, toPath: "\(path).\(digest)")
    try take().release()
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("guards")).isEmpty)
  }

  @Test func whatIsNoGuard() throws {
    try scratch.file("guards/prune+ner.guard", "x")
    #expect(failure { try take() }?.kind == .badData)
    unlink(path)
    #expect(mkfifo(path, 0o600) == 0)
    #expect(failure { try UnitGuard.holders(in: scratch.path) }?.kind == .badData)
    unlink(path)
    try scratch.file("secret", #"{"boot":"0","host":"h","identity":"0","process":1,"start":1}"#)
    #expect(symlink(scratch.path("secret"), path) == 0)
    #expect(failure { try take(.all) }?.kind == .badData)
    #expect(try scratch.text("secret").contains("host"))
  }
}
