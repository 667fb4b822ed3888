import Basics
import Foundation

/// A lottery ticket: the masks one task's pruning kept, and the weights θ⁰ they belong to.
///
/// Stored as a `.ticket` file, specified in `/Masks/README.md`.
public struct Ticket: Equatable, Sendable {
  /// What a ticket file may hold; the reader allocates nothing beyond these.
  public enum Limits {
    /// Bytes of a file.
    public static let file = 1 << 28
    /// Weights of all tensors together.
    public static let weights = 1 << 30
    /// Bytes of a name or of another text, in UTF-8.
    public static let text = 1024
    /// Extents of a tensor.
    public static let rank = 8
    /// Bytes of the decompressed header.
    static let header = 1 << 22
    /// Logarithm of the bytes zstd may look back.
    static let windowLog = 23
  }

  /// What stands for weights that are not known.
  public static let unknownOrigin = [UInt8](repeating: 0, count: 32)

  /// The task the masks were found on.
  public let task: String
  /// The pruning round that left these masks; 0 is before any pruning.
  public let round: Int
  /// What weights were pruned by, such as `magnitude`.
  public let criterion: String
  /// What competed with what, such as `global` or `layer`.
  public let scope: String
  /// The best score the round reached on the dev split, if it was measured.
  public let devScore: Double?
  /// The 32 bytes of the SHA-256 of the weights file θ⁰ that the masks apply to; `unknownOrigin`
  /// if nobody has said which that is.
  public let origin: [UInt8]
  /// The masks, tensor by tensor.
  public let masks: MaskSet

  /// Creates a ticket; `origin` must have 32 bytes.
  public init(
    task: String, round: Int, criterion: String, scope: String, devScore: Double? = nil,
    origin: [UInt8], masks: MaskSet
  ) {
    precondition(origin.count == 32, "a SHA-256 has 32 bytes, not \(origin.count)")
    self.task = task
    self.round = round
    self.criterion = criterion
    self.scope = scope
    self.devScore = devScore
    self.origin = origin
    self.masks = masks
  }

  /// The least bytes any code can give masks of these densities on average: Σᵢ nᵢ·H(dᵢ)/8 over
  /// the tensors, rounded up, H the binary entropy in bits.
  public var boundBytes: Int {
    let bits = masks.entries.reduce(0.0) { sum, entry in
      let density = entry.mask.density
      guard density > 0, density < 1 else { return sum }
      let entropy = -density * log2(density) - (1 - density) * log2(1 - density)
      return sum + Double(entry.mask.count) * entropy
    }
    return Int((bits / 8).rounded(.up))
  }

  /// Reads the ticket file at `path`.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` that says what
  ///   is wrong with it.
  public init(contentsOf path: String) throws {
    try self.init(data: Files.read(path, limit: Limits.file), named: path)
  }

  /// Writes the ticket to `path`, atomically.
  ///
  /// - Throws: `Failure` of kind `usage` if it is beyond the format's limits, `cannotCreate` or
  ///   `inputOutput` if the file cannot be written.
  public func write(to path: String) throws {
    try Files.writeAtomically(encoded(), to: path)
  }

  /// Says what is wrong with `text` as a name or other text of a ticket; nil if nothing is.
  package static func problem(withText text: String) -> String? {
    if text.utf8.count > Limits.text { return "is longer than \(Limits.text) bytes" }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return "has control characters"
    }
    return nil
  }
}
