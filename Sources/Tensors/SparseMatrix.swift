import CKernels
import Masks

/// The alive weights of a matrix in the order in which a sparse product reads them.
///
/// Entries are cut into slices of columns, so that the activations a slice reads stay in the
/// first cache; in a slice, rows follow each other by their number of entries.
final class SparseMatrix {
  /// How many columns a slice has where B's rows are long, where they are one step's tokens, and
  /// where B is read for gradients.
  private static let slice = (long: 64, short: 256, gradient: 64)

  private let groups: UnsafeMutableBufferPointer<tk_group>
  private let entries: UnsafeMutableBufferPointer<tk_entry>
  /// Where each entry's weight stands among the parameter's stored ones.
  private let places: [UInt32]
  private var matrix: tk_sparse

  /// The alive weights of a matrix for products of `kind`.
  ///
  /// - Parameters:
  ///   - mask: the alive weights of W, [R, S], of a shape that `canHold` allows.
  ///   - width: S.
  ///   - stored: the weights that are stored, nil if all are; every alive one must be.
  init(_ mask: BitMask, width: Int, stored: BitMask?, for kind: ProductKind) {
    let height = mask.count / width
    precondition(Self.canHold([height, width]))
    let isTransposed = kind == .backward || kind == .backwardStep
    let (rows, columns) = isTransposed ? (width, height) : (height, width)
    let slice =
      switch kind {
      case .forward, .backward: Self.slice.long
      case .forwardStep, .backwardStep: Self.slice.short
      case .gradient: Self.slice.gradient
      }

    // Counting sort by slice, then number of entries in the row's part of the slice, then row.
    let slices = (columns + slice - 1) / slice
    var counts = [UInt16](repeating: 0, count: slices * rows)
    func cell(_ index: Int) -> (place: Int, column: Int) {
      let (r, s) = index.quotientAndRemainder(dividingBy: width)
      let (row, column) = isTransposed ? (s, r) : (r, s)
      return (column / slice * rows + row, column)
    }
    for index in mask.aliveIndices { counts[cell(index).place] += 1 }
    var next = [Int](repeating: 0, count: counts.count)
    var total = 0
    var order: [tk_group] = []
    for part in 0..<slices {
      let own = counts[part * rows..<(part + 1) * rows]
      for row in own.indices.sorted(by: { (own[$0], $0) < (own[$1], $1) })
      where own[row] > 0 || part == 0 {
        order.append(tk_group(row: UInt16(row - part * rows), count: own[row]))
        next[row] = total
        total += Int(own[row])
      }
    }
    groups = .allocate(capacity: order.count)
    _ = groups.initialize(from: order)
    entries = .allocate(capacity: total)
    entries.initialize(repeating: tk_entry(value: 0, offset: 0))
    var places = [UInt32](repeating: 0, count: total)
    let all = stored ?? BitMask(repeating: true, count: mask.count)
    for (place, index) in all.aliveIndices.enumerated() where mask[index] {
      let (cell, column) = cell(index)
      entries[next[cell]].offset = UInt32(column) * UInt32(TK_UNIT) * 4
      places[next[cell]] = UInt32(place)
      next[cell] += 1
    }
    self.places = places
    matrix = tk_sparse(
      group_count: groups.count, first_count: rows, groups: groups.baseAddress,
      entries: entries.baseAddress)
  }

  deinit {
    groups.deallocate()
    entries.deallocate()
  }

  /// Whether matrices of `shape` are small enough for the entries' fields.
  static func canHold(_ shape: [Int]) -> Bool {
    shape.count == 2 && shape.allSatisfy { $0 <= Int(UInt16.max) }
  }

  /// Takes over the values of the alive weights from `stored`, the parameter's stored ones.
  func fetch(from stored: UnsafePointer<Float>) {
    tk_fetch(entries.count, stored, places, entries.baseAddress)
  }

  /// C = W·B (forward) or Wᵀ·B (backward) for `units` units of tokens; both feature-major.
  func multiply(units: Int, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>) {
    tk_sparse_multiply(&matrix, units, b, c)
  }

  /// Takes dZ·Xᵀ at the alive weights for `units` units of tokens as the entries' values, or adds
  /// it to them; both feature-major.
  func takeGradient(
    units: Int, _ dz: UnsafePointer<Float>, _ x: UnsafePointer<Float>, accumulate: Bool
  ) {
    tk_sparse_gradient(&matrix, entries.baseAddress, units, dz, x, accumulate ? 1 : 0)
  }

  /// Puts the values where the weights are stored, or adds them there.
  func deliver(to stored: UnsafeMutablePointer<Float>, accumulate: Bool) {
    tk_deliver(entries.count, entries.baseAddress, places, stored, accumulate ? 1 : 0)
  }
}
