import Basics
import Figures
import Foundation
import Masks

/// What is in a ticket or weights file.
public struct Inspection: Encodable {
  /// One tensor.
  public struct Tensor: Encodable {
    let name: String
    let shape: [Int]
    /// Weights alive in the mask; in a weights file those that are not zero.
    let alive: Int
  }

  /// `ticket` or `weights`.
  let kind: String
  let task: String?, round: Int?
  let criterion: String?, scope: String?
  let devScore: Double?
  /// SHA-256 of the weights file the ticket belongs to; nil if that is not known.
  let origin: String?
  let alive: Int, prunable: Int
  let density: Double?
  let bytes: Int
  /// The entropy bound of the masks.
  let boundBytes: Int?
  let metadata: [String: String]
  let tensors: [Tensor]

  private enum CodingKeys: String, CodingKey {
    case kind, task, round, criterion, scope, origin, alive, prunable, density, bytes, metadata
    case tensors
    case devScore = "dev_score"
    case boundBytes = "bound_bytes"
  }

  /// Looks into the file at `path`: a ticket by its first bytes or its name, or else a
  /// safetensors file.
  public init(_ path: String) throws {
    // What comes from a pipe can be read once.
    let stream = try Files.isRegular(path) ? nil : Files.read(path)
    if try Self.isTicket(path, stream) {
      let data = try stream ?? Files.read(path, limit: Ticket.Limits.file)
      let ticket = try Ticket(data: data, named: path)
      kind = "ticket"
      task = ticket.task
      round = ticket.round
      criterion = ticket.criterion
      scope = ticket.scope
      devScore = ticket.devScore
      origin = ticket.origin == Ticket.unknownOrigin ? nil : Digest.hex(ticket.origin)
      alive = ticket.masks.aliveCount
      prunable = ticket.masks.prunableCount
      bytes = data.count
      boundBytes = ticket.boundBytes
      metadata = [:]
      tensors = ticket.masks.entries.map {
        Tensor(name: $0.name, shape: $0.shape, alive: $0.mask.aliveCount)
      }
    } else {
      let file =
        try stream.map { try SafeTensors(data: $0, named: path) } ?? SafeTensors(contentsOf: path)
      kind = "weights"
      (task, round, criterion, scope, devScore) = (nil, nil, nil, nil, nil)
      (origin, boundBytes) = (nil, nil)
      metadata = file.metadata
      tensors = try file.tensors.map { entry in
        let alive = try file.withBytes(of: entry.name) { bytes in
          let width = entry.type.byteCount
          return (0..<entry.count).count { i in
            bytes[i * width..<(i + 1) * width].contains { $0 != 0 }
          }
        }
        return Tensor(name: entry.name, shape: entry.shape, alive: alive)
      }
      alive = tensors.reduce(0) { $0 + $1.alive }
      prunable = file.tensors.reduce(0) { $0 + $1.count }
      bytes = file.byteCount
    }
    density = prunable > 0 ? Double(alive) / Double(prunable) : nil
  }

  /// Whether the file at `path`, which begins with `data` if that has been read, is a ticket: by its
  /// name, or its first bytes.
  static func isTicket(_ path: String, _ data: Data? = nil) throws -> Bool {
    if path.hasSuffix(".ticket") { return true }
    return Array(try data?.prefix(TicketFile.magic.count) ?? start(of: path)) == TicketFile.magic
  }

  /// The first bytes of the file at `path`, as many as tell a ticket.
  private static func start(of path: String) throws -> Data {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: TicketFile.magic.count)) ?? Data()
  }

  /// A table for people.
  public var text: String {
    var head = [("kind", kind)]
    if let task { head.append(("task", task)) }
    if let round { head.append(("round", "\(round)")) }
    if let criterion, let scope { head.append(("pruned by", "\(criterion), \(scope)")) }
    if let devScore { head.append(("dev score", percent(devScore))) }
    if let origin { head.append(("belongs to", origin)) }
    let share = density.map { " (\(fixed($0, 4)))" } ?? ""
    head.append((kind == "ticket" ? "alive" : "not zero", "\(alive) of \(prunable)" + share))
    head.append(("bytes", "\(bytes)" + (boundBytes.map { " (entropy bound \($0))" } ?? "")))
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { head.append((key, value)) }
    let rows = tensors.map { tensor in
      let count = tensor.shape.reduce(1, *)
      let share = count > 0 ? fixed(Double(tensor.alive) / Double(count), 4) : "-"
      return [
        tensor.name, tensor.shape.map(String.init).joined(separator: "×"), "\(tensor.alive)", share,
      ]
    }
    return list(head) + "\n\n" + table([["tensor", "shape", "alive", "density"]] + rows)
  }
}
