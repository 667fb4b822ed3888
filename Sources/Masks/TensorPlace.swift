/// Where a tensor sits in the network, read from its PyTorch name: which groups of the overlap
/// report its weights count towards.
///
/// `lstm.weight_hh_l1_reverse` is module `lstm`, layer 1, direction backward, and its rows are
/// four equal blocks for the gates i, f, g, o. Every other tensor, such as `conv.weight`, belongs
/// to its module only.
struct TensorPlace {
  /// A run of a tensor's elements and the groups it belongs to, as (group, name).
  struct Section {
    let range: Range<Int>
    let groups: [(group: String, name: String)]
  }

  let sections: [Section]

  init(name: String, shape: [Int]) {
    let count = shape.reduce(1, *)
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let module = parts.dropLast().joined(separator: ".")
    guard let cell = Self.cell(parts.last ?? ""), shape.count == 2, shape[0] % 4 == 0 else {
      sections = [Section(range: 0..<count, groups: [("module", module.isEmpty ? name : module)])]
      return
    }
    sections = ["i", "f", "g", "o"].enumerated().map { quarter, gate in
      Section(
        range: quarter * (count / 4)..<(quarter + 1) * (count / 4),
        groups: [
          ("gate", gate),
          ("direction", cell.backward ? "backward" : "forward"),
          ("layer", cell.layer),
          ("module", module.isEmpty ? "lstm" : module),
        ])
    }
  }

  /// Layer and direction of an LSTM weight matrix, or nil for any other name.
  private static func cell(_ name: Substring) -> (layer: String, backward: Bool)? {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3 || (parts.count == 4 && parts[3] == "reverse"),
      parts[0] == "weight", parts[1] == "ih" || parts[1] == "hh",
      parts[2].first == "l", let layer = Int(parts[2].dropFirst())
    else { return nil }
    return (String(layer), parts.count == 4)
  }
}
