import Foundation
import Masks
import Testing

/// What `samples.json` says of a ticket.
private struct Sample: Decodable {
  struct Rule: Decodable {
    let multiplier: Int
    let modulus: Int
    let below: Int
  }

  struct Tensor: Decodable {
    let name: String
    let shape: [Int]
    let alive: [Int]?
    let rule: Rule?

    var mask: BitMask {
      let count = shape.reduce(1, *)
      if let rule {
        return BitMask((0..<count).map { $0 * rule.multiplier % rule.modulus < rule.below })
      }
      var mask = BitMask(repeating: false, count: count)
      for i in alive ?? [] { mask[i] = true }
      return mask
    }
  }

  let file: String
  let task: String
  let round: Int
  let criterion: String
  let scope: String
  let devScore: Double?
  let origin: String
  let tensors: [Tensor]

  var ticket: Ticket {
    let digits = Array(origin)
    return Ticket(
      task: task, round: round, criterion: criterion, scope: scope, devScore: devScore,
      origin: stride(from: 0, to: 64, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! },
      masks: MaskSet(tensors.map { .init(name: $0.name, shape: $0.shape, mask: $0.mask) }))
  }
}

@Suite struct SampleTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let folder = root.appendingPathComponent("Masks/samples")
  private static let reader = root.appendingPathComponent("Tools/read_ticket.py")

  private func samples() throws -> [Sample] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      [Sample].self, from: Data(contentsOf: Self.folder.appendingPathComponent("samples.json")))
  }

  @Test func samplesHoldWhatIsSaidOfThem() throws {
    for sample in try samples() {
      let path = Self.folder.appendingPathComponent(sample.file).path
      if ProcessInfo.processInfo.environment["TICKETS_WRITE_SAMPLES"] != nil {
        try sample.ticket.write(to: path)
      }
      #expect(try Ticket(contentsOf: path) == sample.ticket, "\(sample.file)")
      #expect(try Ticket(data: sample.ticket.encoded()) == sample.ticket)
    }
  }

  /// A Python that has what the reader needs: that of `Tools/python_env`, or the system's.
  private static let python = [root.path + "/.venv/bin/python", "python3"].first {
    // Python 3.11 came with tomllib.
    (try? run([$0, "-c", "import tomllib, numpy, zstandard"]))?.status == 0
  }

  private static func run(_ command: [String]) throws -> (status: Int32, output: Data) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, data)
  }

  /// The reader in Python shares no code with the package.
  @Test(.enabled(if: python != nil, "needs python3 with numpy and zstandard"))
  func anIndependentReaderAgrees() throws {
    let python = try #require(Self.python)
    for sample in try samples() {
      let path = Self.folder.appendingPathComponent(sample.file).path
      let (status, data) = try Self.run([python, Self.reader.path, path])
      #expect(status == 0)
      let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      #expect(json?["task"] as? String == sample.task)
      #expect(json?["round"] as? Int == sample.round)
      #expect(json?["criterion"] as? String == sample.criterion)
      #expect(json?["scope"] as? String == sample.scope)
      #expect(json?["dev_score"] as? Double == sample.devScore)
      #expect(json?["origin"] as? String == sample.origin)
      let tensors = json?["tensors"] as? [[String: Any]] ?? []
      #expect(tensors.map { $0["name"] as? String } == sample.tensors.map(\.name))
      #expect(tensors.map { $0["shape"] as? [Int] } == sample.tensors.map(\.shape))
      #expect(
        tensors.map { $0["alive"] as? [Int] } == sample.tensors.map { Array($0.mask.aliveIndices) })
    }
  }
}
