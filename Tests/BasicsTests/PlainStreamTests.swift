import Basics
import Foundation
import Testing

/// Files that are compressed, or are no text at all.
@Suite struct PlainStreamTests {
  /// "the cat\n" and "sat on\n", each compressed by itself, one behind the other.
  private static let gzip =
    "H4sIAAAAAAACAyvJSFVITizhAgB6X5mnCAAAAB+LCAAAAAAAAgMrTixRyM/jAgAsAwR3BwAAAA=="
  private static let zstandard =
    "KLUv/QRYQQAAdGhlIGNhdAoefMnrKLUv/QRYOQAAc2F0IG9uCsPcBHs="

  /// What is read of `data` in pieces of `piece` bytes.
  private func streamed(_ data: Data, piece: Int) throws -> Data {
    try inFolder { folder in
      let path = "\(folder)/file"
      try Files.writeAtomically(data, to: path)
      let stream = try PlainStream(path)
      var (all, buffer) = (Data(), [UInt8](repeating: 0, count: piece))
      while true {
        let count = try buffer.withUnsafeMutableBytes { try stream.read(into: $0) }
        if count == 0 { return all }
        all += buffer[..<count]
      }
    }
  }

  private func inFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = NSTemporaryDirectory() + "tickets-\(UUID())"
    try Files.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  private func failure(_ body: () throws -> Data) -> Failure? {
    do {
      _ = try body()
      return nil
    } catch { return error as? Failure }
  }

  @Test(arguments: [gzip, zstandard], [1, 3, 1000])
  func compressedFilesAreReadAsWhatTheyHold(coded: String, piece: Int) throws {
    let data = Data(base64Encoded: coded)!
    let text = Data("the cat\nsat on\n".utf8)
    #expect(try streamed(data, piece: piece) == text)
    #expect(try Files.plain(data, named: "x", limit: 15) == text)
    // Cut off or changed at any place it is an error, but where one of the two ends.
    for count in 10..<data.count {
      let cut = failure { try streamed(data.prefix(count), piece: piece) }
      let whole = failure { try Files.plain(data.prefix(count), named: "x", limit: 100) }
      #expect((cut == nil) == (whole == nil), "\(count)")
      #expect(cut?.kind == .badData || data.dropFirst(count).starts(with: data.prefix(3)))
    }
    if coded == Self.gzip {
      #expect(try streamed(data + Data(count: 70_000), piece: piece) == text)
      #expect(try Files.plain(data + Data(count: 3), named: "x", limit: 15) == text)
    }
    let bomb = failure { try Files.plain(data, named: "x", limit: 14) }
    #expect(bomb?.message == "x: holds more than the 14 bytes such a file may hold")
  }

  @Test(arguments: [0, 1, 8, 9, 65_535, 65_536, 65_537, 200_000])
  func plainFilesAreReadAsTheyAre(count: Int) throws {
    let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 | 64) })
    #expect(try streamed(data, piece: 4096) == data)
    #expect(try Files.plain(data, named: "x", limit: count) == data)
  }

  @Test(
    arguments: [
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 0, 0], "is compressed by xz"),
      ([0x42, 0x5A, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53], "is compressed by bzip2"),
      ([0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0], "is a zip archive"),
      ([0xBA, 0x16, 0x4F, 0x2F, 0, 0, 0, 0, 0], "is a fastText model"),
      ([0xFF, 0xFE, 0x41, 0], "is UTF-16"), (Array("%PDF-1.7".utf8), "is a PDF file"),
    ] as [([UInt8], String)])
  func otherKindsAreNamed(start: [UInt8], message: String) {
    for problem in [
      failure { try streamed(Data(start), piece: 10) },
      failure { try Files.plain(Data(start), named: "x", limit: 100) },
    ] {
      #expect(problem?.kind == .badData && problem!.message.contains(message))
    }
  }

  /// A safetensors file begins with the length of its header.
  @Test func lengthsAreNoSignatures() throws {
    for start: [UInt8] in [[0x1F, 0x8B, 8, 0, 0, 0, 0, 0], [0xFF, 0xFE, 0, 0, 0, 0, 0, 0]] {
      let data = Data(start + Array(#"{"a":1}"#.utf8))
      #expect(try Files.plain(data, named: "x", limit: 100) == data)
    }
    // Words may begin so too.
    let text = Data("BZhang\tN\n".utf8)
    #expect(try Files.plain(text, named: "x", limit: 100) == text)
  }
}
