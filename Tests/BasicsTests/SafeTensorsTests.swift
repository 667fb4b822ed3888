import Basics
import Foundation
import Testing

@Suite struct SafeTensorsTests {
  @Test func roundTrip() throws {
    try withFolder { folder in
      let path = folder + "/w.safetensors"
      let a: [Float] = [1, -2.5, .infinity, 0, Float.leastNonzeroMagnitude, 3]
      let b = (0..<1000).map { Float($0) * 0.1 }
      try b.withUnsafeBufferPointer { pointer in
        try SafeTensors.write(
          [
            .init("z.weight \"q\"\\\n\u{1}é", shape: [2, 3], floats: a),
            .init("a", shape: [10, 100], floats: pointer),
            .init("mask", shape: [3], bytes: [0, 1, 1]),
            .init("scalar", shape: [], floats: [7]),
            .init("empty", shape: [0, 4], floats: []),
          ], metadata: ["seed": "1", "format": "pt\t\u{1F600}"], to: path)
      }
      let file = try SafeTensors(contentsOf: path)
      #expect(file.metadata == ["seed": "1", "format": "pt\t\u{1F600}"])
      #expect(
        file.tensors.map(\.name).filter { $0 != "empty" }
          == ["z.weight \"q\"\\\n\u{1}é", "a", "mask", "scalar"])
      #expect(file.entry("a")?.shape == [10, 100])
      #expect(file.entry("a")?.count == 1000)
      #expect(file.entry("mask")?.type == .u8)
      #expect(file.entry("none") == nil)
      #expect(try file.floats("z.weight \"q\"\\\n\u{1}é") == a)
      #expect(try file.floats("a") == b)
      #expect(try file.floats("scalar") == [7])
      #expect(try file.floats("empty") == [])
      #expect(try file.withBytes(of: "mask") { Array($0) } == [0, 1, 1])

      let wrong = failure { _ = try file.floats("mask") }
      #expect(wrong?.message == "\(path): tensor 'mask' is U8, F32 is needed")
      #expect(failure { _ = try file.floats("none") }?.kind == .badData)
      var room = [Float](repeating: 0, count: 5)
      let short = failure {
        try room.withUnsafeMutableBufferPointer {
          try file.copyFloats(of: "z.weight \"q\"\\\n\u{1}é", into: $0)
        }
      }
      #expect(short?.message.contains("6 elements [2, 3], 5 are needed") == true)
    }
  }

  @Test func bytesAreTheDocumentedOnes() throws {
    try withFolder { folder in
      let path = folder + "/w.safetensors"
      try SafeTensors.write(
        [.init("b", shape: [1], floats: [1]), .init("a", shape: [2], bytes: [3, 4])],
        metadata: ["y": "2", "x": "1"], to: path)
      let header =
        #"{"__metadata__":{"tickets.sha256":"\#(String(repeating: "0", count: 64))","x":"1","y":"2"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}"#
      let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
      let blank =
        [UInt8(padded.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8)
        + [0, 0, 0x80, 0x3f, 3, 4]
      // The digest is that of the file with zeros in its place.
      let place = 8 + 35..<8 + 35 + 64
      #expect(blank[place].allSatisfy { $0 == UInt8(ascii: "0") })
      var expected = blank
      expected.replaceSubrange(place, with: Digest.hex(Digest.sha256(blank)).utf8)
      #expect(try Array(Files.read(path)) == expected)
    }
  }

  @Test func metadataMayBeAbsentAndTensorsToo() throws {
    try withFolder { folder in
      try SafeTensors.write([], to: folder + "/none")
      let file = try SafeTensors(contentsOf: folder + "/none")
      #expect(file.tensors.isEmpty)
      #expect(file.metadata.isEmpty)
      let error = failure { try SafeTensors.write([], to: folder + "/no/where") }
      #expect(error?.kind == .cannotCreate)
    }
  }
}

@Suite struct HostileSafeTensorsTests {
  private func file(_ header: String, data: Int = 0) -> Data {
    var bytes = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
    return bytes + Data(header.utf8) + Data(repeating: 0, count: data)
  }

  private func problem(_ data: Data) -> String? {
    let error = failure { _ = try SafeTensors(data: data, named: "w.safetensors") }
    if let error {
      #expect(error.kind == .badData)
      #expect(error.message.hasPrefix("w.safetensors: "))
    }
    return error?.message
  }

  private func tensor(
    _ name: String, _ from: Int, _ to: Int, type: String = "F32", shape: String? = nil
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape ?? "[\((to - from) / 4)]"),"
      + "\"data_offsets\":[\(from),\(to)]}"
  }

  @Test func soundFilesFromOthersAreRead() throws {
    let header =
      " \"b\" : {\"data_offsets\":[4, 12],\n\"shape\":[ 1,2 ] , \"dtype\":\"F32\"},"
      + tensor("\\u00e9\\ud83d\\ude00\\/", 0, 4) + ","
      + tensor("h", 12, 16, type: "F16", shape: "[2]")
    // The header's odd length leaves the data unaligned.
    let file = try SafeTensors(data: file("{\(header)}    ", data: 16), named: "w")
    #expect(file.tensors.map(\.name) == ["é😀/", "b", "h"])
    #expect(try file.floats("b") == [0, 0])
    #expect(file.entry("h")?.type == .f16)
    #expect(failure { _ = try file.floats("h") }?.message.contains("F16") == true)
    for type in SafeTensors.ElementType.allCases {
      let header = "{\(tensor("x", 0, 3 * type.byteCount, type: type.rawValue, shape: "[3]"))}"
      #expect(problem(self.file(header, data: 3 * type.byteCount)) == nil)
    }
  }

  @Test func liesAreSeen() {
    func expect(_ words: String, _ header: String, data: Int = 0) {
      let message = problem(file(header, data: data))
      #expect(message?.contains(words) == true, "\(header): \(message ?? "accepted")")
    }
    expect("expected '{'", "")
    expect("expected '{'", "[]")
    expect("expected '{'", " {}")
    expect("expected a string", "{\"a\":{")
    expect("expected", "{\"a\"}")
    expect("expected a string", "{a:1}")
    expect("after the header", "{}{}")
    expect("after the header", "{}\0")
    expect("does not end", "{\"a")
    expect("control character", "{\"a\nb\":{}}")
    expect("unknown escape", "{\"\\x\":{}}")
    expect("hexadecimal", "{\"\\u12g4\":{}}")
    expect("surrogate", "{\"\\ud800\":{}}")
    expect("surrogate", "{\"\\ud800\\u0041\":{}}")
    expect("surrogate", "{\"\\udc00\":{}}")
    expect("expected '{'", "{\"a\":1}")
    expect("expected a string", "{\"__metadata__\":{\"a\":1}}")
    expect("there twice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}")
    expect("there twice", "{\"__metadata__\":{},\"__metadata__\":{}}")
    expect("there twice", "{\(tensor("a", 0, 4)),\(tensor("a", 0, 4))}", data: 4)
    expect("there twice", "{\(tensor("a", 0, 4)),\(tensor("\\u0061", 4, 8))}", data: 8)
    expect("needs dtype", "{\"a\":{}}")
    expect("needs dtype", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", data: 4)
    expect("unexpected key 'x'", "{\"a\":{\"x\":1}}")
    expect("unexpected key 'dtype'", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}")
    expect("unknown type 'F99'", "{\(tensor("a", 0, 4, type: "F99"))}", data: 4)
    expect("needs 4 bytes", "{\(tensor("a", 0, 4, shape: "[1]").replacing("0,4", with: "4,0"))}")
    expect("needs 8 bytes", "{\(tensor("a", 0, 4, shape: "[2]"))}", data: 4)
    expect("too large", "{\(tensor("a", 0, 4, shape: "[4294967296,4294967296]"))}", data: 4)
    expect("too large", "{\(tensor("a", 0, 4, shape: "[99999999999999999999]"))}", data: 4)
    expect("expected a whole number", "{\(tensor("a", 0, 4, shape: "[-1]"))}", data: 4)
    expect("expected", "{\(tensor("a", 0, 4, shape: "[1.5]"))}", data: 4)
    expect("overlaps", "{\(tensor("a", 0, 8)),\(tensor("b", 4, 12))}", data: 12)
    expect("overlaps", "{\(tensor("a", 0, 8)),\(tensor("b", 0, 8))}", data: 8)
    expect("leaves a hole", "{\(tensor("a", 0, 4)),\(tensor("b", 8, 12))}", data: 12)
    expect("leaves a hole", "{\(tensor("a", 4, 8))}", data: 8)
    expect("need 4 bytes of data, the file has 5", "{\(tensor("a", 0, 4))}", data: 5)
    expect("need 8 bytes of data, the file has 4", "{\(tensor("a", 0, 8))}", data: 4)
  }

  @Test func headerLengthIsBounded() {
    #expect(problem(Data())?.contains("is no safetensors file") == true)
    #expect(problem(Data(repeating: 0, count: 7)) != nil)
    #expect(problem(Data(repeating: 0xff, count: 64))?.contains("cut short") == true)
    #expect(problem(Data([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]))?.contains("cut short") == true)
  }

  @Test func truncationAndFlippedBitsDoNoHarm() {
    let sound = file("{\(tensor("a", 0, 8)),\(tensor("b", 8, 12))}", data: 12)
    #expect(problem(sound) == nil)
    for length in 0..<sound.count { #expect(problem(sound.prefix(length)) != nil) }
    for bit in 0..<8 * (sound.count - 12) {
      var flipped = sound
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      _ = problem(flipped)
    }
  }

  @Test func nestingCannotExhaustTheStack() {
    #expect(problem(file(String(repeating: "{\"a\":", count: 100_000))) != nil)
    #expect(problem(file("{\"a\":{\"shape\":" + String(repeating: "[", count: 100_000))) != nil)
  }
}
