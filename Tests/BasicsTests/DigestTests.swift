import Basics
import Foundation
import Testing

@Suite struct DigestTests {
  /// Test vectors of FIPS 180-2.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]) func knownVectors(text: String, expected: String) throws {
    #expect(Digest.hex(Digest.sha256(Data(text.utf8))) == expected)
    try withFolder { folder in
      try Files.writeAtomically(Data(text.utf8), to: folder + "/a")
      #expect(try Digest.hex(Digest.sha256(file: folder + "/a")) == expected)
    }
  }

  @Test func filesLargerThanAPiece() throws {
    // One million times "a", of FIPS 180-2, and enough to need several pieces.
    let data = Data(repeating: 0x61, count: 1_000_000)
    #expect(
      Digest.hex(Digest.sha256(data))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    try withFolder { folder in
      let large = data + data + data
      try Files.writeAtomically(large, to: folder + "/a")
      #expect(try Digest.sha256(file: folder + "/a") == Digest.sha256(large))
      #expect(failure { _ = try Digest.sha256(file: folder + "/b") }?.kind == .missingInput)
      #expect(failure { _ = try Digest.sha256(file: folder) } != nil)
    }
  }
}
