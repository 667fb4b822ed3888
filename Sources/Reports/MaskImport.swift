import Basics
import Foundation
import Masks

/// How masks that another program made become a ticket.
public struct MaskImport: Sendable {
  /// The task that the ticket is called after.
  public let task: String
  /// The tensors to take, as names or as patterns with `*`; all that may be masks where it is empty.
  public var tensors: [String] = []
  /// Whether the tensors are weights, of which those that are 0 count as pruned.
  public var fromZeros = false
  /// The file of the weights that the masks apply to; nil if it is not known.
  public var origin: String?

  /// Masks of `task`.
  public init(task: String) { self.task = task }

  /// What `torch.nn.utils.prune` appends to the names of masks, and of the weights they apply to.
  private static let (maskEnding, weightEnding) = ("_mask", "_orig")

  /// Reads the safetensors file at `path`: tensors of 0 and 1, or weights.
  ///
  /// `weight_mask` becomes the mask of `weight`; where some `weight_orig` has one, as in the state of a
  /// module that `torch.nn.utils.prune` has changed, tensors without masks are left out. Of weights,
  /// those with at least two extents are taken: biases and scales are not pruned.
  ///
  /// - Throws: `Failure` of kind `missingInput`, or `badData` naming a tensor that is no mask, names that
  ///   become one, or a tensor that the weights do not have so; `usage` for what is asked for and not there.
  public func ticket(from path: String) throws -> Ticket {
    let file = try SafeTensors(contentsOf: path)
    try file.verify()
    let entries = try chosen(of: file).map { tensor in
      guard !tensor.shape.isEmpty, tensor.shape.allSatisfy({ $0 > 0 }),
        tensor.shape.count <= Ticket.Limits.rank
      else {
        throw Failure(
          .badData,
          "\(path): tensor \(quoted(tensor.name)) of shape \(tensor.shape) can have no mask; leave it out "
            + "with --tensor")
      }
      return MaskSet.Entry(
        name: name(of: tensor, in: file), shape: tensor.shape, mask: try mask(of: tensor, in: file))
    }
    if let name = entries.firstDuplicate(by: { $0.name }) {
      throw Failure(
        .badData, "\(path): two tensors are masks of \(quoted(name)); choose with --tensor")
    }
    let digest = try origin.map { try checked($0, entries) }
    let metadata = fromZeros ? [:] : file.metadata
    for text in entries.map(\.name) + [metadata["criterion"], metadata["scope"]].compactMap(\.self)
    {
      if let problem = text.isEmpty ? "is empty" : Ticket.problem(withText: text) {
        throw Failure(.badData, "\(path): the name \(quoted(text)) \(problem)")
      }
    }
    return Ticket(
      task: task, round: metadata["round"].flatMap { UInt32($0) }.map { Int($0) } ?? 0,
      criterion: metadata["criterion"] ?? "unknown", scope: metadata["scope"] ?? "unknown",
      origin: digest ?? metadata["origin"].flatMap { Digest.bytes(hex: $0) }
        ?? Ticket.unknownOrigin,
      masks: MaskSet(entries))
  }

  private func chosen(of file: SafeTensors) throws -> [SafeTensors.Entry] {
    if fromZeros, let mask = file.tensors.first(where: { isMask($0, in: file) }) {
      throw Failure(
        .usage, setting: "from-zeros",
        "\(file.path) has masks of its own, such as \(quoted(mask.name)); leave the option out")
    }
    for pattern in tensors where !file.tensors.contains(where: { matches($0, pattern, in: file) }) {
      throw Failure(
        .usage, setting: "tensor", value: pattern,
        "\(file.path) has no such tensor; 'tickets inspect' lists them")
    }
    guard tensors.isEmpty else {
      return file.tensors.filter { tensor in tensors.contains { matches(tensor, $0, in: file) } }
    }
    let found: [SafeTensors.Entry]
    if fromZeros {
      found = file.tensors.filter { $0.shape.count > 1 && $0.type.isFloat }
    } else {
      let masks = file.tensors.filter { isMask($0, in: file) }
      found = masks.isEmpty ? file.tensors : masks
    }
    guard !found.isEmpty else {
      throw Failure(
        .badData,
        "\(file.path): has no \(fromZeros ? "weights of two or more extents" : "tensors")")
    }
    return found
  }

  /// Whether it stands beside the weights that it applies to.
  private func isMask(_ tensor: SafeTensors.Entry, in file: SafeTensors) -> Bool {
    tensor.name.hasSuffix(Self.maskEnding)
      && file.entry(tensor.name.dropLast(Self.maskEnding.count) + Self.weightEnding) != nil
  }

  /// What the network calls the tensor that it is a mask of.
  private func name(of tensor: SafeTensors.Entry, in file: SafeTensors) -> String {
    let ending = fromZeros ? Self.weightEnding : Self.maskEnding
    guard tensor.name.hasSuffix(ending), tensor.name.count > ending.count else {
      return tensor.name
    }
    return String(tensor.name.dropLast(ending.count))
  }

  private func mask(of tensor: SafeTensors.Entry, in file: SafeTensors) throws -> BitMask {
    let (mask, other) = try file.withBytes(of: tensor.name) { bytes in
      // Minus zero is zero.
      BitMask.reading(
        bytes, width: tensor.type.byteCount, one: fromZeros ? nil : tensor.type.one,
        ignored: tensor.type.isFloat ? 1 << (8 * UInt64(tensor.type.byteCount) - 1) : 0)
    }
    guard let other else { return mask }
    throw Failure(
      .badData,
      "\(file.path): tensor \(quoted(tensor.name)) is no mask: element \(other) is neither 0 nor 1; "
        + "leave it out with --tensor, or give --from-zeros if it holds weights")
  }

  /// The digest of the weights file `path`, which has all that `entries` are masks of.
  private func checked(_ path: String, _ entries: [MaskSet.Entry]) throws -> [UInt8] {
    let weights = try SafeTensors(contentsOf: path)
    for entry in entries {
      guard let found = weights.entry(entry.name) ?? weights.entry(entry.name + Self.weightEnding)
      else {
        throw Failure(
          .badData, setting: "origin", value: path, "has no tensor \(quoted(entry.name))")
      }
      guard found.shape == entry.shape else {
        throw Failure(
          .badData, setting: "origin", value: path,
          "tensor \(quoted(entry.name)) has the shape \(found.shape), its mask \(entry.shape)")
      }
    }
    return try Digest.sha256(file: path)
  }

  /// Whether `pattern`, in which `*` is any text, says what the file or the network calls `tensor`.
  private func matches(
    _ tensor: SafeTensors.Entry, _ pattern: String, in file: SafeTensors
  ) -> Bool {
    let pattern = pattern.replacing("[", with: "\\[").replacing("?", with: "\\?")
    return [tensor.name, name(of: tensor, in: file)].contains(where: { (name: String) in
      fnmatch(pattern, name, 0) == 0
    })
  }
}

extension SafeTensors.ElementType {
  fileprivate var isFloat: Bool { one != 1 }

  /// The bits of the number 1.
  fileprivate var one: UInt64 {
    switch self {
    case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64: 1
    case .f8E5M2: 0x3C
    case .f8E4M3: 0x38
    case .f16: 0x3C00
    case .bf16: 0x3F80
    case .f32: 0x3F80_0000
    case .f64: 0x3FF0_0000_0000_0000
    }
  }
}

extension Ticket {
  /// The ticket in the file at `path`, or that of the masks which `MaskImport` finds there.
  ///
  /// - Throws: as `init(contentsOf:)` and `MaskImport`.
  package init(masksIn path: String) throws {
    guard try !Inspection.isTicket(path) else {
      self = try Ticket(contentsOf: path)
      return
    }
    let name = URL(filePath: path).deletingPathExtension().lastPathComponent
    let task = try SafeTensors(contentsOf: path).metadata["task"] ?? name
    self = try MaskImport(task: task).ticket(from: path)
  }
}
