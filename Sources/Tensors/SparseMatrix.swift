import CKernels
import Masks

/// The alive weights of a matrix in the order in which a sparse product reads them.
///
/// Entries are cut into slices of columns, so that the activations a slice reads stay in the
/// first cache; in a slice, rows follow each other by their number of entries.
final class SparseMatrix {
  /// The binary logarithm of the number of columns a slice has where B's rows are long, where they
  /// are one step's tokens, and where B is read for gradients.
  private static let sliceBits = (long: 6, short: 8, gradient: 6)

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
    let sliceBits =
      switch kind {
      case .forward, .backward: Self.sliceBits.long
      case .forwardStep, .backwardStep: Self.sliceBits.short
      case .gradient: Self.sliceBits.gradient
      }

    // Counting sort by slice, then number of entries in the row's part of the slice, then row.
    let slices = (columns + 1 << sliceBits - 1) >> sliceBits
    let alive = Self.alive(mask, width: width, stored: stored, isTransposed: isTransposed)
    var counts = [UInt16](repeating: 0, count: slices * rows)
    for weight in alive { counts[Int(weight.column >> sliceBits) * rows + Int(weight.row)] += 1 }
    let (order, starts, total) = Self.order(counts, rows: rows, most: 1 << sliceBits)
    groups = .allocate(capacity: order.count)
    _ = groups.initialize(from: order)
    let entries = UnsafeMutableBufferPointer<tk_entry>.allocate(capacity: total)
    var next = starts
    places = [UInt32](unsafeUninitializedCapacity: total) { places, count in
      for weight in alive {
        let cell = Int(weight.column >> sliceBits) * rows + Int(weight.row)
        let entry = Int(next[cell])
        next[cell] += 1
        let offset = UInt32(weight.column) * UInt32(TK_UNIT) * 4
        entries.initializeElement(at: entry, to: tk_entry(value: 0, offset: offset))
        places.initializeElement(at: entry, to: weight.place)
      }
      count = total
    }
    self.entries = entries
    matrix = tk_sparse(
      group_count: groups.count, first_count: rows, groups: groups.baseAddress,
      entries: entries.baseAddress)
  }

  deinit {
    groups.deallocate()
    entries.deallocate()
  }

  /// The groups in their order, and where the entries of every cell (a slice's part of a row)
  /// start.
  ///
  /// - Parameters:
  ///   - counts: the entries of every cell, slice by slice; none has more than `most`.
  ///   - rows: the cells of a slice.
  private static func order(
    _ counts: [UInt16], rows: Int, most: Int
  ) -> (groups: [tk_group], starts: [UInt32], total: Int) {
    var groups: [tk_group] = []
    groups.reserveCapacity(counts.count)
    var starts = [UInt32](repeating: 0, count: counts.count)
    var total = 0
    var sorted = [Int](repeating: 0, count: rows)
    for first in stride(from: 0, to: counts.count, by: rows) {
      var places = [Int](repeating: 0, count: most + 2)
      for cell in first..<first + rows { places[Int(counts[cell]) + 1] += 1 }
      for n in 1..<places.count { places[n] += places[n - 1] }
      for cell in first..<first + rows {
        sorted[places[Int(counts[cell])]] = cell
        places[Int(counts[cell])] += 1
      }
      // The first slice's groups begin the sums of every row.
      for cell in sorted where counts[cell] > 0 || first == 0 {
        groups.append(tk_group(row: UInt16(cell - first), count: counts[cell]))
        starts[cell] = UInt32(total)
        total += Int(counts[cell])
      }
    }
    return (groups, starts, total)
  }

  /// Row and column of an alive weight in W or Wᵀ, and its place among the stored ones.
  private struct Alive {
    let row: UInt16
    let column: UInt16
    let place: UInt32
  }

  /// The alive weights of `mask`, [R, `width`], row by row of W.
  private static func alive(
    _ mask: BitMask, width: Int, stored: BitMask?, isTransposed: Bool
  ) -> [Alive] {
    let words = mask.words
    let storedWords = stored?.words
    return [Alive](unsafeUninitializedCapacity: mask.aliveCount) { alive, count in
      var row = 0
      var rowStart = 0
      // How many weights are stored before a word's.
      var before = 0
      for w in words.indices {
        var rest = words[w]
        while rest != 0 {
          let bit = rest.trailingZeroBitCount
          rest &= rest &- 1
          let index = w &<< 6 | bit
          while index &- rowStart >= width {
            row &+= 1
            rowStart &+= width
          }
          let place =
            storedWords.map { before + ($0[w] & (1 &<< UInt64(bit) &- 1)).nonzeroBitCount } ?? index
          let column = index &- rowStart
          alive.initializeElement(
            at: count,
            to: Alive(
              row: UInt16(isTransposed ? column : row), column: UInt16(isTransposed ? row : column),
              place: UInt32(place)))
          count &+= 1
        }
        if let storedWords { before += storedWords[w].nonzeroBitCount }
      }
    }
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
