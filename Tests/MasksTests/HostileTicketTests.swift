import Basics
import Foundation
import Masks
import Testing

/// A ticket's parts, to be put together with one of them false but a checksum that holds.
private struct Forgery {
  struct Tensor {
    var name = "w"
    var extents: [UInt32] = [4, 5]
    var rank: UInt8?
    var alive: UInt32 = 3
    var code: UInt8 = 0
    var length: UInt32 = 3
    var data: [UInt8] = [0x01, 0x80, 0x08]
  }

  var flag: UInt8 = 1
  var score: UInt64 = Double(0.5).bitPattern
  var task: [UInt8] = Array("ner".utf8)
  var tensorCount: UInt32?
  var tensors = [Tensor()]
  var extraHeader: [UInt8] = []
  var extraData: [UInt8] = []

  var file: Data {
    var header: [UInt8] = []
    header.append(littleEndian: UInt32(3))
    header.append(flag)
    header.append(littleEndian: score)
    header.append(littleEndian: UInt16(task.count))
    header += task
    header.append(text: "magnitude")
    header.append(text: "global")
    header.append(littleEndian: tensorCount ?? UInt32(tensors.count))
    for tensor in tensors {
      header.append(text: tensor.name)
      header.append(tensor.rank ?? UInt8(tensor.extents.count))
      for extent in tensor.extents { header.append(littleEndian: extent) }
      header.append(littleEndian: tensor.alive)
      header.append(tensor.code)
      header.append(littleEndian: tensor.length)
    }
    return TicketFile.assemble(
      origin: Array(repeating: 1, count: 32), header: header + extraHeader,
      sections: tensors.map(\.data) + [extraData])
  }
}

/// `file` with `change` made to what the checksum covers, and a checksum that holds.
private func resealed(_ file: Data, _ change: (inout [UInt8]) -> Void) -> Data {
  var body = [UInt8](file.dropLast(32))
  change(&body)
  return Data(body + Digest.sha256(body))
}

@Suite struct HostileTicketTests {
  private func problem(_ data: Data) -> String? {
    let error = failure { _ = try Ticket(data: data, named: "x.ticket") }
    guard let error else { return nil }
    #expect(error.kind == .badData)
    #expect(error.message.hasPrefix("x.ticket: "))
    #expect(!error.message.contains("\n"))
    return error.message
  }

  private func small() throws -> Data {
    var stream = RandomStream(seed: 12, "hostile")
    let masks = randomMasks([("conv", [9, 9]), ("lstm.weight_ih_l0", [20, 13])], &stream) {
      [0.5, 0.05][$0]
    }
    return try ticket(masks).encoded()
  }

  @Test func theForgeryItselfIsSound() throws {
    let ticket = try Ticket(data: Forgery().file)
    #expect(Array(ticket.masks["w"]!.aliveIndices) == [0, 15, 19])
    var gaps = Forgery()
    gaps.tensors[0].code = 2
    gaps.tensors[0].length = 2
    // Gaps 0, 14, 3 with one low bit: 1·0, 00000001·0, 01·1.
    gaps.tensors[0].data = [0b0000_0001, 0b0011_0010]
    let other = try? Ticket(data: gaps.file)
    #expect(other?.masks == ticket.masks)
  }

  @Test func truncationIsSeenAtEveryByte() throws {
    let file = try small()
    for length in 0..<file.count { #expect(problem(file.prefix(length)) != nil) }
    #expect(problem(file) == nil)
    #expect(problem(file + [0])?.contains("garbage") == true)
    #expect(problem(file.prefix(file.count - 5))?.contains("cut short") == true)
  }

  @Test func everyFlippedBitIsSeen() throws {
    let file = try small()
    for bit in 0..<8 * file.count {
      var flipped = file
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(problem(flipped) != nil)
    }
  }

  /// With a checksum that holds, a flipped bit may give another sound ticket, never a crash.
  @Test func flippedBitsBehindTheChecksumDoNoHarm() throws {
    let file = try small()
    for bit in 0..<8 * (file.count - 32) {
      let forged = resealed(file) { $0[bit / 8] ^= 1 << UInt8(bit % 8) }
      if problem(forged) == nil {
        let ticket = try Ticket(data: forged)
        #expect(try Ticket(data: ticket.encoded()) == ticket)
      }
    }
  }

  @Test func randomBytesBehindTheChecksumDoNoHarm() throws {
    let file = try small()
    var stream = RandomStream(seed: 13, "fuzz")
    for _ in 0..<3000 {
      let forged = resealed(file) { bytes in
        for _ in 0...stream.below(4) {
          bytes[56 + stream.below(bytes.count - 56)] = UInt8(stream.below(256))
        }
      }
      _ = problem(forged)
    }
  }

  @Test func fixedFieldsAreChecked() throws {
    let file = try small()
    #expect(problem(Data())?.contains("not a ticket") == true)
    #expect(problem(Data("PK\u{3}\u{4} something else".utf8))?.contains("not a ticket") == true)
    let version = problem(resealed(file) { $0[8] = 2 })
    #expect(version?.contains("version 2, version 1 is supported") == true)
    #expect(problem(resealed(file) { $0[15] = 0xff })?.contains("header of") == true)
    #expect(problem(resealed(file) { $0[23] = 0xff })?.contains("cut short") == true)
    #expect(problem(resealed(file) { $0[12] += 1 }) != nil)
    #expect(problem(resealed(file) { $0[12] -= 1 }) != nil)
    #expect(problem(resealed(file) { $0.append(0) })?.contains("garbage") == true)
  }

  @Test func lyingHeadersAreSeen() {
    func expect(_ words: String, _ lie: (inout Forgery) -> Void) {
      var forgery = Forgery()
      lie(&forgery)
      let message = problem(forgery.file)
      #expect(message?.contains(words) == true, "\(words): \(message ?? "accepted")")
    }
    expect("dev score") { $0.flag = 2 }
    expect("dev score") { $0.flag = 0 }
    expect("dev score") { $0.score = Double.nan.bitPattern }
    expect("not UTF-8") { $0.task = [0xff, 0xfe] }
    expect("control characters") { $0.task = [0x1b, 0x5b] }
    expect("longer than 1024") { $0.task = Array(repeating: 0x61, count: 1025) }
    expect("a field is missing") { $0.tensorCount = .max }
    expect("goes on after the last tensor") { $0.tensorCount = 0 }
    expect("goes on after the last tensor") { $0.extraHeader = [0] }
    expect("there twice") { $0.tensors.append(.init()) }
    expect("has no name") { $0.tensors[0].name = "" }
    expect("0 extents") { $0.tensors[0].rank = 0 }
    expect("9 extents") { $0.tensors[0].extents = Array(repeating: 1, count: 9) }
    expect("an extent of 0") { $0.tensors[0].extents = [0, 5] }
    expect("too many weights") { $0.tensors[0].extents = [.max, .max] }
    expect("too many weights") { $0.tensors[0].extents = Array(repeating: .max, count: 8) }
    expect("more than") { forgery in
      forgery.tensors = (0..<3).map {
        .init(name: "\($0)", extents: [1 << 29], alive: 0, code: 1, length: 0, data: [])
      }
    }
    expect("20 weights but 21 alive") { $0.tensors[0].alive = 21 }
    expect("unknown encoding 32") { $0.tensors[0].code = 32 }
    expect("4 bytes cannot hold") { $0.tensors[0].length = 4 }
    expect("bytes cannot hold") { $0.tensors[0].length = .max }
    expect("bytes cannot hold") { forgery in
      forgery.tensors[0].code = 31
      forgery.tensors[0].length = 12
    }
    expect("is not a mask with 4 of 20") { $0.tensors[0].alive = 4 }
    expect("is not a mask") { $0.tensors[0].data[2] = 0x18 }
    expect("ends too early") { $0.tensors[0].data = [1, 2] }
    expect("holds more than") { $0.extraData = [0] }
    expect("holds more than") { $0.extraData = Array(repeating: 0, count: 1 << 20) }
  }

  @Test func lyingGapsAreSeen() {
    func expect(_ bytes: [UInt8], alive: UInt32) {
      var forgery = Forgery()
      forgery.tensors[0].code = 1
      forgery.tensors[0].alive = alive
      forgery.tensors[0].length = UInt32(bytes.count)
      forgery.tensors[0].data = bytes
      #expect(problem(forgery.file)?.contains("is not a mask") == true, "\(bytes)")
    }
    expect([0x01], alive: 2)  // one gap for two weights
    expect([0x07], alive: 2)  // three gaps
    expect([0x00, 0x00], alive: 1)  // no gap ends
    expect([0x00, 0x00, 0x80], alive: 1)  // beyond the last weight
    expect([0x01, 0x00], alive: 1)  // an unused byte
  }

  /// A file of a few hundred bytes cannot make the reader allocate what it claims.
  @Test func bombsAreRefused() {
    var forgery = Forgery()
    forgery.tensors[0].extents = [1 << 30]
    forgery.tensors[0].alive = 1 << 29
    forgery.tensors[0].length = 1 << 27
    forgery.tensors[0].data = []
    #expect(problem(forgery.file)?.contains("ends too early") == true)
    let bomb = TicketFile.assemble(
      origin: Array(repeating: 0, count: 32), header: Array(repeating: 0, count: 1 << 24),
      sections: [])
    #expect(bomb.count < 4096)
    #expect(problem(bomb)?.contains("larger than") == true)
  }
}
