import Basics
import Foundation
import Masks
import Testing

@Suite struct TicketTests {
  @Test(arguments: [1, 7, 8, 9, 63, 64, 65, 127, 128, 1000, 5000])
  func roundTripsAtEveryDensity(count: Int) throws {
    var stream = RandomStream(seed: 6, "round trip", "\(count)")
    for density in [0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.95, 0.999, 1] {
      let original = ticket(randomMasks([("w", [1, count])], &stream) { _ in density })
      let data = try original.encoded()
      #expect(try Ticket(data: data) == original)
      #expect(try original.encoded() == data)
    }
  }

  @Test func keepsEveryField() throws {
    let masks = MaskSet([
      .init(
        name: "größe", shape: [1, 1, 1, 2, 1, 1, 1, 3], mask: BitMask(repeating: true, count: 6)),
      .init(name: "one", shape: [1], mask: BitMask([false])),
    ])
    let original = Ticket(
      task: "часть речи", round: 4_294_967_295, criterion: "", scope: "layer", devScore: nil,
      origin: Array(0..<32), masks: masks)
    #expect(try Ticket(data: original.encoded()) == original)
    let none = Ticket(
      task: "", round: 0, criterion: "", scope: "", devScore: -0.0, origin: Array(0..<32),
      masks: MaskSet([]))
    #expect(try Ticket(data: none.encoded()) == none)
  }

  @Test func writesFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Files.makeFolder(folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.ticket").path
    var stream = RandomStream(seed: 7, "file")
    let original = ticket(randomMasks([("w", [10, 10])], &stream) { _ in 0.5 })
    try original.write(to: path)
    #expect(try Ticket(contentsOf: path) == original)
    #expect(failure { _ = try Ticket(contentsOf: path + "x") }?.kind == .missingInput)
    #expect(failure { try original.write(to: folder.path + "/none/a") }?.kind == .cannotCreate)
  }

  @Test func refusesToWriteWhatItCouldNotRead() {
    func problem(
      task: String = "t", name: String = "w", shape: [Int] = [1], round: Int = 0,
      score: Double = 0
    ) -> Failure? {
      let mask = BitMask(repeating: true, count: shape.reduce(1, *))
      let ticket = Ticket(
        task: task, round: round, criterion: "", scope: "", devScore: score,
        origin: Array(repeating: 0, count: 32),
        masks: MaskSet([.init(name: name, shape: shape, mask: mask)]))
      return failure { _ = try ticket.encoded() }
    }
    #expect(problem() == nil)
    #expect(problem(task: "a\nb")?.kind == .usage)
    #expect(problem(task: String(repeating: "x", count: 1025))?.kind == .usage)
    #expect(problem(name: "")?.kind == .usage)
    #expect(problem(shape: [])?.kind == .usage)
    #expect(problem(shape: [0])?.kind == .usage)
    #expect(problem(shape: Array(repeating: 1, count: 9))?.kind == .usage)
    #expect(problem(round: -1)?.kind == .usage)
    #expect(problem(score: .nan)?.kind == .usage)
  }
}

@Suite struct TicketSizeTests {
  private func expectSmall(_ masks: MaskSet, _ what: String) throws {
    let ticket = ticket(masks)
    let size = try ticket.encoded().count
    let limit = Int(1.05 * Double(ticket.boundBytes)) + 2048
    #expect(size <= limit, "\(what): \(size) bytes, bound \(ticket.boundBytes)")
  }

  @Test(arguments: [0.99, 0.9, 0.7, 0.62, 0.5, 0.45, 0.3, 0.2, 0.15, 0.1, 0.05, 0.02, 0.01, 0.001])
  func publishedNetwork(density: Double) throws {
    var stream = RandomStream(seed: 8, "size", "\(density)")
    try expectSmall(randomMasks(publishedLayout, &stream) { _ in density }, "density \(density)")
  }

  @Test func differentDensities() throws {
    var stream = RandomStream(seed: 9, "size mixed")
    let densities = [0.6, 0.02, 0.3, 0.001, 0.12, 0.5, 0.05, 0.2, 0.01, 0.4]
    try expectSmall(randomMasks(publishedLayout, &stream) { densities[$0] }, "mixed")
  }

  @Test(arguments: [0.5, 0.2, 0.1, 0.03, 0.01, -1]) func manySmallTensors(density: Double) throws {
    var stream = RandomStream(seed: 10, "size small", "\(density)")
    let layout = (0..<36).map { i in
      ("encoder.modules.\(i / 4).weight_\(i % 2 == 0 ? "ih" : "hh")_l\(i % 4)_reverse", [200, 50])
    }
    let masks = randomMasks(layout, &stream) { density < 0 ? Double($0 + 1) / 72 : density }
    try expectSmall(masks, "36 small tensors, density \(density < 0 ? "rising" : "\(density)")")
  }

  @Test func boundIsTheEntropy() {
    let half = MaskSet([.init(name: "w", shape: [16], mask: BitMask((0..<16).map { $0 < 8 }))])
    #expect(ticket(half).boundBytes == 2)
    let full = MaskSet([.init(name: "w", shape: [16], mask: BitMask(repeating: true, count: 16))])
    #expect(ticket(full).boundBytes == 0)
  }
}

@Suite struct TicketSpeedTests {
  /// Three tickets of 1.5 million weights are to be read and compared in about 20 ms; the test
  /// leaves room for a loaded machine.
  @Test func readingAndComparingIsFast() throws {
    var stream = RandomStream(seed: 11, "speed")
    let files = try ["pos", "chunk", "ner"].map { task in
      (task, try ticket(randomMasks(publishedLayout, &stream) { _ in 0.3 }, task: task).encoded())
    }
    let clock = ContinuousClock()
    var best = Duration.seconds(1)
    for _ in 0..<5 {
      let time = try clock.measure {
        let tickets = try files.map { ($0.0, try Ticket(data: $0.1)) }
        #expect(try Overlap(of: tickets).tasks.count == 3)
      }
      best = min(best, time)
    }
    #expect(best < .milliseconds(200))
  }
}
