import Basics
import Foundation
import Masks
import Reports
import TestSupport
import Testing

/// Masks of other programs as tickets.
@Suite struct MaskImportTests {
  private let scratch: Scratch
  private let out: String

  init() throws {
    scratch = try Scratch()
    out = scratch.path("masks.safetensors")
  }

  /// Writes a safetensors file as any program might: in the order of `tensors`.
  @discardableResult private func file(
    _ tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])], name: String? = nil
  ) throws -> String {
    var start = 0
    let entries = tensors.map { tensor in
      defer { start += tensor.bytes.count }
      return #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":\#(tensor.shape),"#
        + #""data_offsets":[\#(start),\#(start + tensor.bytes.count)]}"#
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    let path = name.map(scratch.path) ?? out
    try Files.writeAtomically(Data(length + header + tensors.flatMap(\.bytes)), to: path)
    return path
  }

  private func bytes(_ floats: [Float]) -> [UInt8] {
    floats.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }

  private func bits(_ mask: BitMask?) -> [Bool]? {
    mask.map { mask in (0..<mask.count).map { mask[$0] } }
  }

  /// 0, 1, 1, 0 in every type, little-endian.
  @Test(
    arguments: [
      ("BOOL", [[0], [1]]), ("U8", [[0], [1]]), ("I8", [[0], [1]]), ("I16", [[0, 0], [1, 0]]),
      ("U16", [[0, 0], [1, 0]]), ("I32", [[0, 0, 0, 0], [1, 0, 0, 0]]),
      ("I64", [[0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]]),
      ("F16", [[0, 0], [0, 0x3C]]), ("BF16", [[0, 0x80], [0x80, 0x3F]]),
      ("F32", [[0, 0, 0, 0x80], [0, 0, 0x80, 0x3F]]), ("F8_E5M2", [[0x80], [0x3C]]),
      ("F8_E4M3", [[0], [0x38]]),
      ("F64", [[0, 0, 0, 0, 0, 0, 0, 0x80], [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]]),
    ] as [(String, [[UInt8]])])
  func everyTypeHolds(type: String, numbers: [[UInt8]]) throws {
    let bytes = [0, 1, 1, 0].flatMap { numbers[$0] }
    try file([("a", type, [2, 2], bytes)])
    let ticket = try MaskImport(task: "ner").ticket(from: out)
    #expect(bits(ticket.masks["a"]) == [false, true, true, false])
    #expect(ticket.task == "ner" && ticket.round == 0 && ticket.origin == Ticket.unknownOrigin)
    // Anything else is no mask.
    let size = numbers[0].count
    try file([("a", type, [2, 2], [UInt8](repeating: 3, count: 4 * size))])
    let problem = failure { try MaskImport(task: "ner").ticket(from: out) }
    #expect(problem?.kind == .badData)
    #expect(
      problem?.message.contains("tensor 'a' is no mask: element 0 is neither 0 nor 1") == true)
  }

  /// Words end at 64 weights.
  @Test(arguments: [1, 63, 64, 65, 127, 128, 129, 1000]) func sizesAroundWords(count: Int) throws {
    let alive = (0..<count).map { $0 * 7 % 3 == 1 }
    try file([("a", "U8", [count], alive.map { $0 ? 1 : 0 })])
    #expect(try bits(MaskImport(task: "t").ticket(from: out).masks["a"]) == alive)
    try file([("a", "F32", [count, 1], bytes(alive.map { $0 ? -0.5 : -0.0 }))])
    var weights = MaskImport(task: "t")
    weights.fromZeros = true
    #expect(try bits(weights.ticket(from: out).masks["a"]) == alive)
  }

  /// The state of a module that torch.nn.utils.prune has changed.
  @Test func prunedModule() throws {
    try file([
      ("bias", "F32", [2], bytes([0.5, 0])), ("conv.weight_mask", "F32", [2], bytes([1, 0])),
      ("conv.weight_orig", "F32", [2], bytes([3, 4])), ("no_mask", "F32", [1], bytes([1])),
    ])
    let masks = try MaskImport(task: "t").ticket(from: out).masks
    #expect(masks.entries.map(\.name) == ["conv.weight"])
    #expect(bits(masks["conv.weight"]) == [true, false])
    // Masks alone need no weights beside them.
    try file([("conv.weight_mask", "U8", [2], [0, 1]), ("b", "U8", [1], [1])])
    let alone = try MaskImport(task: "t").ticket(from: out).masks
    #expect(alone.entries.map(\.name) == ["conv.weight", "b"])
  }

  @Test func zerosOfWeights() throws {
    try file([
      ("bias", "F32", [2], bytes([0, 1])),
      ("index", "I64", [1, 1], [UInt8](repeating: 0, count: 8)),
      ("weight", "F32", [1, 3], bytes([0, .nan, .leastNonzeroMagnitude])),
    ])
    var reading = MaskImport(task: "t")
    reading.fromZeros = true
    let masks = try reading.ticket(from: out).masks
    #expect(masks.entries.map(\.name) == ["weight"])
    #expect(bits(masks["weight"]) == [false, true, true])
    reading.tensors = ["b*", "weight"]
    let more = try reading.ticket(from: out).masks
    #expect(more.entries.map(\.name) == ["bias", "weight"])
    reading.tensors = ["x*"]
    let problem = failure { try reading.ticket(from: out) }
    #expect(problem?.kind == .usage && problem?.message.contains("has no such tensor") == true)
  }

  @Test func whatCannotBeMasks() throws {
    func expect(_ kind: Failure.Kind, _ message: String, _ reading: MaskImport) {
      let problem = failure { try reading.ticket(from: out) }
      #expect(
        problem?.kind == kind && problem?.message.contains(message) == true, "\(problem as Any)")
    }
    let plain = MaskImport(task: "t")
    expect(.missingInput, "cannot be read", plain)
    try file([("a", "U8", [1], [1]), ("a_mask", "U8", [1], [1])])
    expect(.badData, "two tensors are masks of 'a'", plain)
    try file([("a", "U8", [], [1])])
    expect(.badData, "tensor 'a' of shape [] can have no mask", plain)
    try file([("a", "U8", [0], [])])
    expect(.badData, "tensor 'a' of shape [0] can have no mask", plain)
    try file([])
    expect(.badData, "has no tensors", plain)
    var zeros = plain
    zeros.fromZeros = true
    expect(.badData, "has no weights of two or more extents", zeros)
  }

  @Test func weightsThatTheyApplyTo() throws {
    try file([("a", "U8", [2], [1, 0])])
    var reading = MaskImport(task: "t")
    let origin = scratch.path("w.safetensors")
    reading.origin = origin
    try file(
      [("a", "F32", [2], bytes([1, 2])), ("b", "F32", [1], bytes([1]))], name: "w.safetensors")
    #expect(try reading.ticket(from: out).origin == Digest.sha256(file: origin))
    try file([("a", "F32", [1], bytes([1]))], name: "w.safetensors")
    let shape = failure { try reading.ticket(from: out) }
    #expect(shape?.message.contains("tensor 'a' has the shape [1], its mask [2]") == true)
    try file([("b", "F32", [1], bytes([1]))], name: "w.safetensors")
    #expect(
      failure { try reading.ticket(from: out) }?.message.contains("has no tensor 'a'") == true)
  }

  @Test func masksBesideWeightsAreTaken() throws {
    try file([
      ("a_mask", "F32", [1, 2], bytes([1, 0])), ("a_orig", "F32", [1, 2], bytes([3, 4])),
    ])
    var reading = MaskImport(task: "t")
    reading.tensors = ["a"]
    #expect(try bits(reading.ticket(from: out).masks["a"]) == [true, false])
    reading.fromZeros = true
    let problem = failure { try reading.ticket(from: out) }
    #expect(problem?.kind == .usage && problem!.message.contains("has masks of its own"))
  }

  @Test(arguments: ["", String(repeating: "x", count: 2000), #"a\u0007"#])
  func namesThatTicketsCannotBear(name: String) throws {
    try file([(name, "U8", [1], [1])])
    let problem = failure { try MaskImport(task: "t").ticket(from: out) }
    #expect(problem?.kind == .badData && problem!.message.hasPrefix(out))
    #expect(problem!.message.count < 400)
  }

  /// Where the weights are not known the tensors alone tell a network.
  @Test func networksThatHaveLittleInCommon() throws {
    try file([("w", "U8", [1], [1]), ("bias", "U8", [1], [1])])
    let other = try file(
      [("module.w", "U8", [1], [1]), ("bias", "U8", [1], [1])], name: "o.safetensors")
    for sameOrigin in [true, false] {
      let problem = failure {
        try Overlap(files: [out, other], origin: nil, sameOrigin: sameOrigin)
      }
      #expect(problem?.kind == .badData && problem!.message.contains("different networks"))
    }
  }

  /// What is exported comes back as it was, also without the way over a ticket.
  @Test func exportedMasksComeBack() throws {
    let masks = MaskSet([
      .init(name: "w", shape: [2, 3], mask: BitMask([true, false, true, true, false, false]))
    ])
    let ticket = Ticket(
      task: "pos", round: 3, criterion: "magnitude", scope: "global",
      origin: [UInt8](0..<32), masks: masks)
    try ticket.export(to: out)
    #expect(try MaskImport(task: "pos").ticket(from: out) == ticket)
    let other = scratch.path("other.ticket")
    try Ticket(
      task: "ner", round: 1, criterion: "magnitude", scope: "global", origin: ticket.origin,
      masks: masks
    ).write(to: other)
    let overlap = try Overlap(files: [out, other], origin: nil, sameOrigin: true)
    #expect(overlap.tasks == ["pos", "ner"] && overlap.overlap.all == 1)
  }
}
