/// Where a tensor sits in its network: which groups of the overlap report its weights count
/// towards. The network says so; of a ticket alone PyTorch's names tell.
public struct TensorPlace: Sendable, Equatable {
  /// One direction of one LSTM layer, whose weights' rows are four equal blocks for the gates
  /// i, f, g, o.
  public struct Cell: Sendable, Equatable {
    /// Which way time runs.
    public enum Direction: String, Sendable { case forward, backward }

    /// The layer, from 0.
    public let layer: Int
    /// Which way time runs.
    public let direction: Direction

    /// Layer `layer`, from 0, in `direction`.
    public init(layer: Int, direction: Direction) {
      self.layer = layer
      self.direction = direction
    }
  }

  /// The module it belongs to: `lstm`, `char_lstm`, `conv`.
  public let module: String
  /// Where it sits in an LSTM; nil for any other tensor.
  public let cell: Cell?

  /// The place in `module`, and in its LSTM's cell if it is one.
  public init(module: String, cell: Cell? = nil) {
    self.module = module
    self.cell = cell
  }

  /// The place that the PyTorch name of a tensor tells: `lstm.weight_hh_l1_reverse` is module
  /// `lstm`, layer 1, direction backward; any other name is its module's only.
  init(name: String, shape: [Int]) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let module = parts.dropLast().joined(separator: ".")
    let cell = Self.cell(parts.last ?? "", shape)
    self.init(module: module.isEmpty ? (cell == nil ? name : "lstm") : module, cell: cell)
  }

  private static func cell(_ name: Substring, _ shape: [Int]) -> Cell? {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard shape.count == 2, shape[0] % 4 == 0,
      parts.count == 3 || (parts.count == 4 && parts[3] == "reverse"),
      parts[0] == "weight", parts[1] == "ih" || parts[1] == "hh",
      parts[2].first == "l", let layer = Int(parts[2].dropFirst())
    else { return nil }
    return Cell(layer: layer, direction: parts.count == 4 ? .backward : .forward)
  }
}

extension TensorPlace {
  /// A run of a tensor's elements and the groups it belongs to, as (group, name).
  package struct Section {
    package let range: Range<Int>
    package let groups: [(group: String, name: String)]
  }

  /// The runs of a tensor of `count` elements.
  ///
  /// - Parameter isOnly: whether no other module has LSTM cells; if there are several, names of
  ///   gates, directions and layers say whose they are.
  package func sections(count: Int, isOnly: Bool) -> [Section] {
    guard let cell else { return [Section(range: 0..<count, groups: [("module", module)])] }
    func own(_ name: String) -> String { isOnly ? name : "\(module) \(name)" }
    return ["i", "f", "g", "o"].enumerated().map { quarter, gate in
      Section(
        range: quarter * (count / 4)..<(quarter + 1) * (count / 4),
        groups: [
          ("gate", own(gate)), ("direction", own(cell.direction.rawValue)),
          ("layer", own("\(cell.layer)")), ("module", module),
        ])
    }
  }
}
