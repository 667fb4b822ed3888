import Basics
import Foundation

extension Ticket {
  /// The bytes of the ticket's file; the same for the same ticket and version of zstd.
  ///
  /// - Throws: `Failure` of kind `usage` if a name, a shape or a number is beyond the format's
  ///   limits.
  public func encoded() throws -> Data {
    if let problem = problem() {
      throw Failure(.usage, "ticket of task '\(task)' cannot be written: \(problem)")
    }
    var header: [UInt8] = []
    header.append(littleEndian: UInt32(round))
    header.append(devScore == nil ? 0 : 1)
    header.append(littleEndian: (devScore ?? 0).bitPattern)
    for text in [task, criterion, scope] { header.append(text: text) }
    header.append(littleEndian: UInt32(masks.entries.count))
    var sections: [[UInt8]] = []
    for entry in masks.entries {
      let (code, bytes) = Self.smallest(entry.mask)
      header.append(text: entry.name)
      header.append(UInt8(entry.shape.count))
      for extent in entry.shape { header.append(littleEndian: UInt32(extent)) }
      header.append(littleEndian: UInt32(entry.mask.aliveCount))
      header.append(code.byte)
      header.append(littleEndian: UInt32(bytes.count))
      sections.append(bytes)
    }
    guard header.count <= Limits.header else {
      throw Failure(.usage, "ticket of task '\(task)' cannot be written: it has too many tensors")
    }
    return TicketFile.assemble(origin: origin, header: header, sections: sections)
  }

  /// The code that is smallest once compressed: plain bits shrink under zstd's Huffman code, a
  /// Rice code stays as it is.
  private static func smallest(_ mask: BitMask) -> (code: MaskCode, bytes: [UInt8]) {
    let plain = MaskCode.bits(of: mask)
    let gaps = MaskCode.gaps(of: mask)
    // Plain bits are read several times faster; gaps have to save more than 1/128 of them.
    let size = min(plain.count, Zstd.compressNoise([plain]).count)
    return gaps.bytes.count < size - size / 128 ? gaps : (.bits, plain)
  }

  private func problem() -> String? {
    for text in [task, criterion, scope] + masks.entries.map(\.name) {
      if let problem = Self.problem(withText: text) { return "'\(text)' \(problem)" }
    }
    if masks.entries.contains(where: { $0.name.isEmpty }) { return "a tensor has no name" }
    if let score = devScore, !score.isFinite { return "its dev score is \(score)" }
    if UInt32(exactly: round) == nil { return "its round is \(round)" }
    for entry in masks.entries {
      guard (1...Limits.rank).contains(entry.shape.count), entry.shape.allSatisfy({ $0 >= 1 })
      else { return "tensor '\(entry.name)' has the shape \(entry.shape)" }
    }
    if masks.prunableCount > Limits.weights { return "it has \(masks.prunableCount) weights" }
    return nil
  }
}
