/// Reads the little of JSON that safetensors headers, vocabularies and metrics use, from left to right
/// and without nesting of its own: objects, strings, numbers, and lists.
package struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private let subject: String
  private var position: Int

  /// A scanner at the start of `bytes`; failures begin with `subject`.
  package init(bytes: ArraySlice<UInt8>, subject: String) {
    self.bytes = bytes
    self.subject = subject
    position = bytes.startIndex
  }

  /// A failure at the current position.
  package func failure(_ problem: String) -> Failure {
    Failure(.badData, "\(subject), byte \(position - bytes.startIndex): \(problem)")
  }

  /// Reads an object, calling `member` after each key and colon; it must read the value.
  package mutating func object(_ member: (inout JSONScanner, String) throws -> Void) throws {
    try expect("{")
    if take("}") { return }
    repeat {
      skipSpace()
      let key = try string()
      try expect(":")
      skipSpace()
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  /// Reads a list of whole numbers that are not negative.
  mutating func integers() throws -> [Int] { try list { try $0.integer() } }

  /// Reads a list whose values `value` reads.
  package mutating func list<Value>(
    _ value: (inout JSONScanner) throws -> Value
  ) throws -> [Value] {
    try expect("[")
    if take("]") { return [] }
    var values: [Value] = []
    repeat {
      skipSpace()
      values.append(try value(&self))
    } while take(",")
    try expect("]")
    return values
  }

  /// Reads a string.
  package mutating func string() throws -> String {
    guard next() == UInt8(ascii: "\"") else { throw failure("expected a string") }
    position += 1
    // Most strings are as they are written.
    let start = position
    while let byte = next(), Self.isPlain(byte) { position += 1 }
    if next() == UInt8(ascii: "\"") {
      guard let string = String(validating: bytes[start..<position], as: UTF8.self) else {
        throw failure("a string is not UTF-8")
      }
      position += 1
      return string
    }
    var text = Array(bytes[start..<position])
    while true {
      guard let byte = next() else { throw failure("a string does not end") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try escape(&text)
      case 0..<0x20: throw failure("a control character in a string")
      default: text.append(byte)
      }
    }
  }

  /// Makes sure that only white space is left.
  package mutating func end() throws {
    skipSpace()
    guard next() == nil else { throw failure("text after the header's end") }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private func next() -> UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next(), byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw failure("expected '\(character)'") }
  }

  /// Reads a whole number from 0 on.
  package mutating func integer() throws -> Int {
    skipSpace()
    var value: Int?
    while let byte = next(), (0x30...0x39).contains(byte) {
      let (tens, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { throw failure("a number is too large") }
      value = sum
      position += 1
    }
    guard let value else { throw failure("expected a whole number") }
    return value
  }

  /// Reads a number, or `null` as NaN.
  package mutating func number() throws -> Double {
    skipSpace()
    let start = position
    if next() == UInt8(ascii: "n") {
      position = min(position + 4, bytes.endIndex)
      guard bytes[start..<position].elementsEqual("null".utf8) else {
        throw failure("expected a number")
      }
      return .nan
    }
    while let byte = next(), Self.isNumeric(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Double(text), number.isFinite
    else { throw failure("expected a number") }
    return number
  }

  /// Whether numbers have such characters.
  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func escape(_ text: inout [UInt8]) throws {
    guard let byte = next() else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xd800..<0xdc00).contains(code) {
        guard next() == UInt8(ascii: "\\") else { throw failure("half a surrogate pair") }
        position += 1
        guard next() == UInt8(ascii: "u") else { throw failure("half a surrogate pair") }
        position += 1
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else { throw failure("half a surrogate pair") }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
      text.append(contentsOf: UTF8.encode(scalar)!)
    default: throw failure("an unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
