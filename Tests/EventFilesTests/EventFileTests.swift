import Basics
import EventFiles
import Foundation
import TestSupport
import Testing

@Suite struct EventFileTests {
  private let scratch: Scratch
  private let folder: String

  init() throws {
    scratch = try Scratch()
    folder = scratch.path("board/train/single/ner")
  }

  // RFC 3720, B.4, and the check value of the CRC catalogues.
  @Test(
    arguments: [
      ([], 0), (Array("123456789".utf8), 0xE306_9283),
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
    ] as [([UInt8], UInt32)])
  func checksumsAreThoseOfTheStandard(bytes: [UInt8], sum: UInt32) {
    #expect(CRC32C.checksum(bytes) == sum)
  }

  @Test func recordsCarryLengthDataAndBothSums() {
    let record = Record.framed(Data("123456789".utf8))
    #expect(Array(record.prefix(8)) == [9, 0, 0, 0, 0, 0, 0, 0])
    #expect(record.count == 8 + 4 + 9 + 4)
    // The sum above, turned right by 15 bits, plus the constant of the format.
    let sum: UInt32 = 0xE306_9283
    let masked = (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    #expect(Array(record.suffix(4)) == withUnsafeBytes(of: masked.littleEndian, Array.init))
  }

  @Test func bytesAreThoseThatTensorBoardWrites() throws {
    let time = 1_763_769_600.125
    let file = try EventFile.create(in: folder, from: 300, at: time)
    try file.append(
      ["tokens": 16_777_216, "loss/pos": 1e-30, "loss/ner": .nan, "dev/ner": 0.5], step: 300,
      at: time + 1)
    try file.append([:], step: 301, at: time + 2)
    let golden = try #require(
      Bundle.module.url(forResource: "Fixtures/events", withExtension: "bin"))
    #expect(try Files.read(file.path) == Files.read(golden.path))
  }

  @Test func everyFileStandsBehindThoseThatAreThere() throws {
    let board = scratch.path("board")
    #expect(EventFile.firstPlace(below: board) == nil)
    var names: [String] = []
    for step in 1...3 {
      let path = try EventFile.create(in: folder, from: step, at: 0).path
      names.append(URL(fileURLWithPath: path).lastPathComponent)
    }
    #expect(EventFile.firstPlace(below: board) == "train/single/ner")
    #expect(EventFile.firstPlace(below: folder) == "")
    #expect(names == names.sorted() && Set(names).count == 3)
    #expect(names[0].wholeMatch(of: /events\.out\.tfevents\.\d{10}\.tickets\.\d+/) != nil)
    // A clock was set back since.
    try scratch.file("board/train/single/ner/events.out.tfevents.5000000000.host.7", "")
    let late = try EventFile.create(in: folder, from: 4, at: 0).path
    #expect(late.contains(".tfevents.5000000001."))
    try scratch.file("board/train/single/ner/events.out.tfevents.x", "")
    #expect(try EventFile.create(in: folder, from: 4, at: 0).path > late)
  }

  @Test func aFileThatCannotBeBegunIsNotLeftThere() throws {
    // Where numbers get more digits the next name is known beforehand.
    try Files.makeFolder(folder)
    try scratch.file("board/train/single/ner/events.out.tfevents.9999999999.host.7", "")
    let full = "\(folder)/events.out.tfevents.10000000000.tickets.\(getpid())"
    try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: "/dev/full")
    let failure = try #require(failure { try EventFile.create(in: folder, from: 1, at: 0) })
    #expect(failure.kind == .inputOutput)
    #expect(failure.message.hasPrefix("\(full): writing broke off (No space left on device)"))
    #expect(failure.message.hasSuffix("; nothing was added"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
  }

  @Test func foldersThatCannotBeMadeAreNamed() throws {
    try scratch.file("file", "")
    let failure = try #require(
      failure { try EventFile.create(in: scratch.path("file/warmup"), from: 1, at: 0) })
    #expect(failure.kind == .cannotCreate && failure.message.contains("file"))
  }
}
