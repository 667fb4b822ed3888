import Basics
import Foundation
import Testing

/// Files that carry their own digest are refused when a bit of them is another.
@Suite struct SelfDigestTests {
  @Test func everyBitOfASafetensorsFileCounts() throws {
    try withFolder { try flipEveryBit(ofTensorsIn: $0 + "/w.safetensors") }
  }

  private func flipEveryBit(ofTensorsIn path: String) throws {
    let numbers: [Float] = [1, 2, 3, 4, 5, 6]
    try SafeTensors.write(
      [
        .init("a", shape: [2, 2], floats: Array(numbers.prefix(4))),
        .init("b", shape: [2], floats: [5, 6]),
      ],
      metadata: ["stage": "train", "x.tickets.sha256": "0"], to: path)
    let whole = try Files.read(path)
    func values(_ data: Data) throws -> [Float] {
      let file = try SafeTensors(data: data, named: path)
      return try file.floats("a") + file.floats("b")
    }
    #expect(try values(whole) == numbers)
    for bit in 0..<8 * whole.count {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      let found = failure { _ = try values(flipped) }
      #expect(found?.kind == .badData || isOutsideTheFormat(bit / 8, whole), "bit \(bit)")
    }
    // Opened as a file, and only when a tensor is read.
    var damaged = whole
    damaged[whole.count - 1] ^= 1
    try Files.writeAtomically(damaged, to: path)
    let file = try SafeTensors(contentsOf: path)
    #expect(file.metadata == ["stage": "train", "x.tickets.sha256": "0"])
    for _ in 0..<2 {
      #expect(
        failure { _ = try file.floats("a") }?.message.hasPrefix(
          "\(path): is damaged or was changed")
          == true)
    }
  }

  /// A bit of the key alone leaves a file without a digest, whose contents are as they were.
  private func isOutsideTheFormat(_ byte: Int, _ whole: Data) -> Bool {
    guard let key = whole.firstRange(of: Data("\"tickets.sha256".utf8)) else { return false }
    return key.contains(byte)
  }

  @Test func filesWithoutADigestAreTakenAsTheyAre() throws {
    let header = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let bytes = Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0]) + Data(header.utf8)
    let file = try SafeTensors(data: bytes + Data([0, 0, 0x80, 0x3f]), named: "x")
    #expect(try file.floats("a") == [1])
  }

  @Test(arguments: ["{}", "{ }\n", #"{"a":1}"#, "{\n  \"a\" : [1, {}]\n}\n", #"{"a":"}"}"#])
  func everyBitOfJSONCounts(text: String) throws {
    try withFolder { try flipEveryBit(of: text, in: $0 + "/x.json") }
  }

  private func flipEveryBit(of text: String, in path: String) throws {
    try SealedJSON.write(Data(text.utf8), to: path)
    let whole = try Files.read(path)
    let object = try JSONSerialization.jsonObject(with: whole) as? [String: Any]
    #expect((object?["tickets.sha256"] as? String)?.count == 64)
    let read = try SealedJSON.read(path, limit: 1000)
    func dictionary(_ data: Data) throws -> NSDictionary? {
      try JSONSerialization.jsonObject(with: data) as? NSDictionary
    }
    #expect(try dictionary(read) == dictionary(Data(text.utf8)))
    let name = try #require(whole.firstRange(of: Data("\"tickets.sha256\"".utf8)))
    for bit in 0..<8 * whole.count {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      try Files.writeAtomically(flipped, to: path)
      // Without its name, a digest is none; JSON readers refuse names that they do not know.
      let isName = name.contains(bit / 8)
      #expect(failure { _ = try SealedJSON.read(path, limit: 1000) }?.kind == .badData || isName)
    }
    // Written anew by other programs, as they write JSON.
    for text in [whole.dropLast(), whole + Data(" ".utf8)] {
      try Files.writeAtomically(text, to: path)
      #expect(failure { _ = try SealedJSON.read(path, limit: 1000) }?.kind == .badData)
    }
    try Files.writeAtomically(Data(text.utf8), to: path)
    #expect(try SealedJSON.read(path, limit: 1000) == Data(text.utf8))
  }
}
