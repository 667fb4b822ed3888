import Basics
import Foundation
import Testing

@Suite struct FilesTests {
  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func writesAndReplaces() throws {
    try withFolder { folder in
      try Files.writeAtomically(Data("old".utf8), to: folder + "/a")
      try Files.writeAtomically(Data("new".utf8), to: folder + "/a")
      #expect(try Files.read(folder + "/a") == Data("new".utf8))
      try Files.writeAtomically(Data(), to: folder + "/empty")
      #expect(try Files.read(folder + "/empty").isEmpty)
      #expect(try names(folder) == ["a", "empty"])
    }
  }

  @Test func writesInPieces() throws {
    try withFolder { folder in
      try Files.writeAtomically(to: folder + "/a") { writer in
        for i in 0..<5 { try writer.write([UInt8](repeating: UInt8(i), count: i)) }
        try Data("end".utf8).withUnsafeBytes { try writer.write($0) }
      }
      #expect(try Array(Files.read(folder + "/a")) == [1, 2, 2, 3, 3, 3, 4, 4, 4, 4] + "end".utf8)
    }
  }

  @Test func failureHalfwayLeavesTheOldFile() throws {
    try withFolder { folder in
      let path = folder + "/a"
      try Files.writeAtomically(Data("old".utf8), to: path)
      let stop = Failure(.interrupted, "stopped")
      let error = failure {
        try Files.writeAtomically(to: path) { writer in
          try writer.write(Data("half".utf8))
          throw stop
        }
      }
      #expect(error == stop)
      #expect(try Files.read(path) == Data("old".utf8))
      #expect(try names(folder) == ["a"])
    }
  }

  @Test func theFirstToWriteOnceStays() throws {
    try withFolder { folder in
      try Files.writeOnce(Data("first".utf8), to: folder + "/a")
      try Files.writeOnce(Data("second".utf8), to: folder + "/a")
      #expect(try Files.read(folder + "/a") == Data("first".utf8))
      #expect(try names(folder) == ["a"])
      // Where there are no links.
      try Files.writeNew(Data("other".utf8), to: folder + "/a")
      #expect(try Files.read(folder + "/a") == Data("first".utf8))
      try Files.writeNew(Data("new".utf8), to: folder + "/b")
      #expect(try Files.read(folder + "/b") == Data("new".utf8))
      unlink(folder + "/b")
      let missing = failure { try Files.writeOnce(Data(), to: folder + "/none/a") }
      #expect(missing?.kind == .cannotCreate)
    }
  }

  @Test func whatALivingProcessWritesIsNotRemoved() throws {
    try withFolder { folder in
      let left = [getpid(), 2_147_483_001].map { ".a.\(Host.identity).\($0).tmp" }
      // The first process of the system lives.
      let living = ".a.\(Host.identity).1.tmp"
      for name in left + [living] { try Files.writeAtomically(Data(), to: "\(folder)/\(name)") }
      Files.removeUnfinished(in: folder)
      #expect(try names(folder) == [living])
    }
  }

  /// What is written first has a name that can be guessed.
  @Test func linksInThePlaceOfTemporaryFilesAreNotFollowed() throws {
    try withFolder { folder in
      let outside = folder + "/outside"
      try Files.writeAtomically(Data("precious".utf8), to: outside)
      let temporary = "\(folder)/.a.\(Host.identity).\(getpid()).tmp"
      for write in [
        { try Files.writeAtomically(Data("new".utf8), to: folder + "/a") },
        { try Files.requireWritable(folder + "/a") },
      ] {
        symlink(outside, temporary)
        try write()
        #expect(try Files.read(outside) == Data("precious".utf8))
      }
      #expect(try Files.read(folder + "/a") == Data("new".utf8))
    }
  }

  @Test func whatIsChangedInPlaceHasOneName() throws {
    try withFolder { folder in
      try Files.append("one", to: folder + "/a")
      link(folder + "/a", folder + "/b")
      let refused = failure { try Files.append("two", to: folder + "/a") }
      #expect(refused?.kind == .badData && refused!.message.contains("a: has another name"))
      #expect(failure { try Files.truncate(folder + "/a", to: 0) }?.kind == .badData)
      #expect(try Files.read(folder + "/b") == Data("one\n".utf8))
    }
  }

  @Test func whatCannotBeCreatedIsNamed() throws {
    try withFolder { folder in
      let missing = failure { try Files.writeAtomically(Data(), to: folder + "/none/a") }
      #expect(missing?.kind == .cannotCreate)
      #expect(missing?.message.hasPrefix(folder + "/none/a: ") == true)

      // A folder stands where the file should go: the rename fails, nothing is left behind.
      try Files.makeFolder(folder + "/b/c")
      #expect(
        failure { try Files.writeAtomically(Data("x".utf8), to: folder + "/b") }?.kind
          == .cannotCreate)
      #expect(try names(folder) == ["b"])
      #expect(try names(folder + "/b") == ["c"])

      try Files.writeAtomically(Data(), to: folder + "/file")
      #expect(failure { try Files.makeFolder(folder + "/file/x") }?.kind == .cannotCreate)
      #expect(failure { try Files.append("x", to: folder + "/b") }?.kind == .cannotCreate)
    }
  }

  @Test func fullDevicesAreReported() {
    let error = failure { try Files.append("x", to: "/dev/full") }
    #expect(error?.kind == .inputOutput)
    #expect(error?.message.contains("No space left") == true)
  }

  @Test func readingHasALimit() throws {
    try withFolder { folder in
      try Files.writeAtomically(Data("12345".utf8), to: folder + "/a")
      #expect(try Files.read(folder + "/a", limit: 5).count == 5)
      #expect(failure { _ = try Files.read(folder + "/a", limit: 4) }?.kind == .badData)
      #expect(failure { _ = try Files.read(folder + "/b") }?.kind == .missingInput)
      #expect(failure { _ = try Files.read(folder) }?.kind == .missingInput)
    }
  }

  @Test func whatCanBeReadOrWrittenIsToldBefore() throws {
    try withFolder { folder in
      try Files.append("x", to: folder + "/a")
      try Files.requireReadable(folder + "/a")
      #expect(failure { try Files.requireReadable(folder + "/b") }?.kind == .missingInput)
      #expect(failure { try Files.requireReadable(folder) }?.kind == .missingInput)
      try Files.requireWritable(folder + "/a")
      try Files.requireWritable(folder + "/b")
      try Files.requireWritable("/dev/null")
      for path in [folder, folder + "/c/b", folder + "/a/b"] {
        #expect(failure { try Files.requireWritable(path) }?.kind == .cannotCreate)
      }
      #expect(try names(folder) == ["a"])
    }
  }

  /// The system says of a folder there that it is missing, whatever is above it.
  @Test func someFoldersCannotBeMade() throws {
    for path in ["/proc/x", "/proc/x/y"] {
      #expect(failure { try Files.makeFolder(path) }?.kind == .cannotCreate)
    }
  }

  @Test func appendsLines() throws {
    try withFolder { folder in
      try Files.append("one", to: folder + "/log")
      try Files.append("two", to: folder + "/log")
      #expect(try Files.read(folder + "/log") == Data("one\ntwo\n".utf8))
    }
  }
}
