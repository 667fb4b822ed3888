import CKernels
import Masks

/// A named tensor that training moves: its values, the gradient of the step under way, and the
/// mask of the subnet under way.
public final class Parameter {
  /// The name under which the weights file and PyTorch know it, e.g. `lstm.weight_ih_l0`.
  public let name: String
  /// The extents, as PyTorch has them.
  public let shape: [Int]
  /// The product of the extents.
  public let elementCount: Int
  /// The numbers of a row: the product of the extents but the first.
  public let width: Int
  /// Whether pruning may remove its weights: those of weight matrices of BiLSTM and character CNN, and
  /// what else the network's maker settles before it is used.
  public package(set) var isPrunable: Bool
  /// What it is multiplied with where its products can pass over the alive weights only; nil if
  /// they never can.
  public let sparseUse: SparseUse?
  /// Where it sits in the network, for reports by part.
  public let place: TensorPlace
  /// Whether steps leave it as it is, though they may read it. Set when a task is activated, as
  /// the mask is.
  public var isFrozen = false
  /// Called with the rows of an embedding that are about to be read: the optimiser that moves it,
  /// of which there is one at a time, brings those that it lets wait up to date.
  public var willRead: ((_ rows: [Int32]) -> Void)?
  /// Whether a batch reads only some of its rows (an embedding), so that its gradient has only
  /// those.
  public let isEmbedding: Bool
  /// The elements that steps may move, stored side by side; nil if all are. Where most weights
  /// are dead, steps pass over the alive ones only.
  public private(set) var stored: BitMask?
  /// All elements as they were set; where they are stored, `values` counts.
  private var others: [Float] = []
  /// The values of the stored elements.
  public private(set) var values: UnsafeMutableBufferPointer<Float>
  /// The gradient of the stored elements; valid after a backward pass in which `hasGradient` became
  /// true. An embedding's rows that are not in `touchedRows` are zero.
  public private(set) var gradient: UnsafeMutableBufferPointer<Float>
  /// Whether the backward pass under way has written the gradient.
  public var hasGradient = false
  /// The weights alive in the subnet under way; nil if all are. Dead weights count as zero.
  public var alive: AliveWeights? {
    didSet { precondition(alive == nil || alive!.mask.count == elementCount) }
  }
  /// The mask of the subnet under way, its products executed densely when set.
  public var mask: BitMask? {
    get { alive?.mask }
    set { alive = newValue.map { AliveWeights($0, of: self) } }
  }
  /// The rows of an embedding whose gradient is not zero, each once, in the order met.
  public private(set) var touchedRows: [Int32] = []
  private var isTouched: [Bool]

  /// A parameter of zeros.
  public init(
    _ name: String, _ shape: [Int], isPrunable: Bool = false, isEmbedding: Bool = false,
    sparseUse: SparseUse? = nil, place: TensorPlace? = nil
  ) {
    self.name = name
    self.shape = shape
    self.place = place ?? TensorPlace(module: Self.module(of: name))
    self.isPrunable = isPrunable
    self.isEmbedding = isEmbedding
    self.sparseUse = SparseMatrix.canHold(shape) ? sparseUse : nil
    elementCount = shape.reduce(1, *)
    width = shape.dropFirst().reduce(1, *)
    values = ZeroedFloats.allocate(elementCount)
    gradient = ZeroedFloats.allocate(elementCount)
    isTouched = isEmbedding ? Array(repeating: false, count: shape[0]) : []
  }

  /// What stands before the last point of a name.
  private static func module(of name: String) -> String {
    name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }

  deinit {
    ZeroedFloats.deallocate(values)
    ZeroedFloats.deallocate(gradient)
  }

  /// How many elements are stored.
  public var count: Int { values.count }

  /// Stores the elements of `mask` side by side, all in their places if it is nil. The others keep
  /// their values, which nothing reads or moves meanwhile.
  public func store(only mask: BitMask?) {
    precondition(mask == nil || mask!.count == elementCount)
    guard mask != stored else { return }
    let all = elements
    stored = mask
    alive = nil
    hasGradient = false
    ZeroedFloats.deallocate(values)
    ZeroedFloats.deallocate(gradient)
    let count = mask?.aliveCount ?? elementCount
    values = ZeroedFloats.allocate(count)
    gradient = ZeroedFloats.allocate(count)
    set(all)
  }

  /// All values, in the order of `shape`.
  public var elements: [Float] { spread(values, over: others) }

  /// Copies all values, in the order of `shape`, to `elements`, which has room for just these.
  public func copyElements(to elements: UnsafeMutableBufferPointer<Float>) {
    precondition(elements.count == elementCount)
    guard let stored else {
      _ = elements.update(from: values)
      return
    }
    _ = elements.update(from: others)
    for (index, number) in zip(stored.aliveIndices, values) { elements[index] = number }
  }

  /// Sets all values.
  public func set(_ elements: [Float]) {
    _ = values.update(from: picked(elements))
    others = stored == nil ? [] : elements
  }

  /// The stored ones of `elements`, which has one for every element.
  public func picked(_ elements: [Float]) -> [Float] {
    precondition(elements.count == elementCount)
    guard let stored else { return elements }
    return [Float](unsafeUninitializedCapacity: count) { picked, next in
      elements.withUnsafeBufferPointer { elements in
        stored.forEachAlive {
          picked[next] = elements[$0]
          next += 1
        }
      }
    }
  }

  /// `numbers`, one for each stored element, with zeros for the others.
  public func spread(_ numbers: some Collection<Float>) -> [Float] {
    spread(numbers, over: Array(repeating: 0, count: stored == nil ? 0 : elementCount))
  }

  private func spread(_ numbers: some Collection<Float>, over others: [Float]) -> [Float] {
    let numbers = Array(numbers)
    guard let stored else { return numbers }
    precondition(numbers.count == count)
    var all = others
    var next = 0
    all.withUnsafeMutableBufferPointer { all in
      stored.forEachAlive {
        all[$0] = numbers[next]
        next += 1
      }
    }
    return all
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

  /// Notes that a step's gradient has the rows `rows` of an embedding.
  public func touch(_ rows: [Int32]) {
    hasGradient = true
    isTouched.withUnsafeMutableBufferPointer { isTouched in
      for row in rows where !isTouched[Int(row)] {
        isTouched[Int(row)] = true
        touchedRows.append(row)
      }
    }
  }

  /// Makes a gradient of zeros, unless there is a gradient already; of an embedding with all rows.
  public func ensureGradient() {
    guard !isEmbedding else { return touch(Array(0..<Int32(shape[0]))) }
    if !hasGradient { gradient.update(repeating: 0) }
    hasGradient = true
  }

  /// Calls `body` with the words of a mask over the stored elements, nil if all of them are alive.
  public func withMask<R>(_ body: (UnsafePointer<UInt64>?) throws -> R) rethrows -> R {
    guard let mask = alive?.storedMask else { return try body(nil) }
    return try mask.withWords { try body($0.baseAddress) }
  }

  /// The values as a step reads them: those of dead weights are zero. A copy is made only under
  /// a mask; for large weight matrices `DenseProduct` does without.
  public func effectiveValues(in workspace: Workspace) -> EffectiveValues {
    guard let mask = alive?.storedMask else {
      return EffectiveValues(pointer: UnsafePointer(values.baseAddress!), copy: nil)
    }
    let copy = Tensor(shape, in: workspace)
    for i in 0..<count { copy.pointer[i] = mask[i] ? values[i] : 0 }
    return EffectiveValues(pointer: UnsafePointer(copy.pointer), copy: copy)
  }
}

extension Parameter {
  /// All values, in the order of `shape`, those of dead weights zero, also where only some are
  /// stored.
  public func effectiveElements(in workspace: Workspace) -> EffectiveValues {
    guard let stored else { return effectiveValues(in: workspace) }
    let copy = Tensor(shape, filledWith: 0, in: workspace)
    for (index, value) in zip(stored.aliveIndices, values) where alive?.mask[index] ?? true {
      copy.pointer[index] = value
    }
    return EffectiveValues(pointer: UnsafePointer(copy.pointer), copy: copy)
  }

  /// Adds `gradient`, which has a number for every element, to the gradient.
  public func addToGradient(_ gradient: Tensor) {
    precondition(gradient.count == elementCount)
    ensureGradient()
    guard stored != nil else {
      tk_add(count, gradient.pointer, self.gradient.baseAddress)
      return
    }
    for (place, number) in picked(gradient.values).enumerated() { self.gradient[place] += number }
  }
}

/// A parameter's values under its mask; valid until the parameter moves.
public struct EffectiveValues {
  /// The values, as many as the parameter has.
  public let pointer: UnsafePointer<Float>
  /// Keeps a masked copy alive.
  fileprivate let copy: Tensor?
}
