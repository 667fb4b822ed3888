import CKernels
import Masks

/// A named tensor that training moves: its values, the gradient of the step under way, and the
/// mask of the subnet under way.
public final class Parameter {
  /// The name under which the weights file and PyTorch know it, e.g. `lstm.weight_ih_l0`.
  public let name: String
  /// The extents, as PyTorch has them.
  public let shape: [Int]
  /// How many numbers it holds.
  public let count: Int
  /// The numbers of a row: the product of the extents but the first.
  public let width: Int
  /// Whether pruning may remove its weights: the weight matrices of BiLSTM and character CNN.
  public let isPrunable: Bool
  /// Whether a batch reads only some of its rows (an embedding), so that its gradient has only
  /// those.
  public let isEmbedding: Bool
  /// The values.
  public let values: UnsafeMutableBufferPointer<Float>
  /// The gradient; valid after a backward pass in which `hasGradient` became true. An
  /// embedding's rows that are not in `touchedRows` are zero.
  public let gradient: UnsafeMutableBufferPointer<Float>
  /// Whether the backward pass under way has written the gradient.
  public var hasGradient = false
  /// The weights alive in the subnet under way; nil if all are. Dead weights count as zero.
  public var mask: BitMask? {
    didSet { precondition(mask == nil || mask!.count == count) }
  }
  /// The rows of an embedding whose gradient is not zero, each once, in the order met.
  public private(set) var touchedRows: [Int32] = []
  private var isTouched: [Bool]

  /// A parameter of zeros.
  public init(
    _ name: String, _ shape: [Int], isPrunable: Bool = false, isEmbedding: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.isPrunable = isPrunable
    self.isEmbedding = isEmbedding
    count = shape.reduce(1, *)
    width = shape.dropFirst().reduce(1, *)
    values = Self.zeros(count)
    gradient = Self.zeros(count)
    isTouched = isEmbedding ? Array(repeating: false, count: shape[0]) : []
  }

  deinit {
    values.deallocate()
    gradient.deallocate()
  }

  /// Forgets the gradient.
  public func clearGradient() {
    if isEmbedding, hasGradient {
      for row in touchedRows {
        gradient.baseAddress!.advanced(by: Int(row) * width).update(repeating: 0, count: width)
        isTouched[Int(row)] = false
      }
      touchedRows.removeAll(keepingCapacity: true)
    }
    hasGradient = false
  }

  /// Adds `slope` to row `row` of an embedding's gradient and notes that the row is touched.
  public func addToRow(_ row: Int, _ slope: UnsafePointer<Float>) {
    if !isTouched[row] {
      isTouched[row] = true
      touchedRows.append(Int32(row))
    }
    tk_add(width, slope, gradient.baseAddress! + row * width)
  }

  /// Calls `body` with the mask's words, nil if all weights are alive.
  public func withMask<R>(_ body: (UnsafePointer<UInt64>?) throws -> R) rethrows -> R {
    guard let mask else { return try body(nil) }
    return try mask.withWords { try body($0.baseAddress) }
  }

  /// The values as a step reads them: those of dead weights are zero. A copy is made only under
  /// a mask; for large weight matrices `PackedWeights` does without.
  public func effectiveValues(in workspace: Workspace) -> EffectiveValues {
    guard let mask else {
      return EffectiveValues(pointer: UnsafePointer(values.baseAddress!), copy: nil)
    }
    let copy = Tensor(shape, in: workspace)
    for i in 0..<count { copy.pointer[i] = mask[i] ? values[i] : 0 }
    return EffectiveValues(pointer: UnsafePointer(copy.pointer), copy: copy)
  }

  private static func zeros(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let start = Workspace.allocate(count)
    start.update(repeating: 0, count: count)
    return UnsafeMutableBufferPointer(start: start, count: count)
  }
}

/// A parameter's values under its mask; valid until the parameter moves.
public struct EffectiveValues {
  /// The values, as many as the parameter has.
  public let pointer: UnsafePointer<Float>
  /// Keeps a masked copy alive.
  fileprivate let copy: Tensor?
}
