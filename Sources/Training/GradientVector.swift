import CKernels
import Masks
import Tensors

/// The gradient of one task's losses in one step, taken from the parameters that the task reads, so
/// that the gradients of several tasks, or at several places, can be set against one another.
///
/// Only weights that are alive in the task's subnet take part: those of dead ones are zero. Of an
/// embedding there are the rows that the step touched.
public final class GradientVector {
  /// The part of one parameter.
  struct Block {
    let parameter: Parameter
    /// Of an embedding: which rows there are, ascending; nil where all elements are there.
    let rows: [Int32]?
    /// The numbers, of stored elements or of rows.
    let values: Tensor

    /// The number of runs of contiguous elements, and the length of each.
    var runs: (count: Int, length: Int) {
      rows.map { ($0.count, parameter.width) } ?? (1, parameter.count)
    }

    /// Where run `index` starts in the parameter.
    func start(_ index: Int) -> Int { rows.map { Int($0[index]) * parameter.width } ?? 0 }
  }

  /// By parameter, in the order of the parameters.
  private(set) var blocks: [Block] = []
  private var places: [ObjectIdentifier: Int] = [:]
  /// What the task reads: its parameters, and which of their stored weights are alive; nil for all.
  private var reads: [ObjectIdentifier: BitMask?] = [:]
  private let workspace: Workspace

  /// A zero vector of a task that reads `parameters`, whose masks are on them.
  public init(over parameters: [Parameter], in workspace: Workspace = Workspace()) {
    self.workspace = workspace
    for parameter in parameters {
      reads[ObjectIdentifier(parameter)] = .some(parameter.alive?.storedMask)
    }
  }

  /// The gradients that `parameters` have, which are taken off them; the masks of the task whose
  /// gradients they are must be on them.
  ///
  /// - Parameter keepsDead: keep also what dead weights have, where products were dense.
  public convenience init(
    taking parameters: [Parameter], keepsDead: Bool = false, in workspace: Workspace = Workspace()
  ) {
    self.init(over: parameters, in: workspace)
    for parameter in parameters where parameter.hasGradient {
      append(Self.take(parameter, keepsDead: keepsDead, in: workspace))
      parameter.clearGradient()
    }
  }

  /// The same vector with numbers of its own.
  public func copy() -> GradientVector {
    let copy = GradientVector(over: [], in: workspace)
    copy.reads = reads
    copy.add(1, self)
    return copy
  }

  private func append(_ block: Block) {
    places[ObjectIdentifier(block.parameter)] = blocks.count
    blocks.append(block)
  }

  private static func take(
    _ parameter: Parameter, keepsDead: Bool, in workspace: Workspace
  ) -> Block {
    guard parameter.isEmbedding, parameter.mask == nil else {
      let values = Tensor([parameter.count], in: workspace)
      values.pointer.update(from: parameter.gradient.baseAddress!, count: parameter.count)
      if !keepsDead, let mask = parameter.alive?.storedMask { mask.zeroDead(values.pointer) }
      return Block(parameter: parameter, rows: nil, values: values)
    }
    let rows = parameter.touchedRows.sorted()
    let width = parameter.width
    let values = Tensor([rows.count * width], in: workspace)
    for (index, row) in rows.enumerated() {
      (values.pointer + index * width).update(
        from: parameter.gradient.baseAddress! + Int(row) * width, count: width)
    }
    return Block(parameter: parameter, rows: rows, values: values)
  }

  func block(of parameter: Parameter) -> Block? {
    places[ObjectIdentifier(parameter)].map { blocks[$0] }
  }

  /// What it has of `parameter`, a number for every element, zero where it has none.
  package func elements(of parameter: Parameter) -> [Float] {
    guard let block = block(of: parameter)?.dense(in: workspace) else {
      return Array(repeating: 0, count: parameter.elementCount)
    }
    return parameter.spread(block.values.values)
  }

  /// The scalar product with `other`.
  public func dot(_ other: GradientVector) -> Double { dot(other) { _ in true } }

  /// The scalar product with `other` over the parameters that `isCounted` accepts.
  public func dot(_ other: GradientVector, where isCounted: (Parameter) -> Bool) -> Double {
    var sum = 0.0
    for block in blocks where isCounted(block.parameter) {
      guard let its = other.block(of: block.parameter) else { continue }
      block.forEachCommonRun(with: its) { place, theirs, length in
        sum += tk_dot_rows(
          1, length, block.values.pointer + place, length, its.values.pointer + theirs, length)
      }
    }
    return sum
  }

  /// The squared L2 norm of what lies where `domain`'s task has alive weights; everywhere if nil.
  public func squaredNorm(within domain: GradientVector? = nil) -> Double {
    var sum = 0.0
    for block in blocks {
      guard let alive = domain.map({ $0.reads[ObjectIdentifier(block.parameter)] }) ?? .some(nil)
      else { continue }
      if let alive {
        let block = block.dense(in: workspace)
        sum += alive.withWords {
          tk_sum_squares(block.values.count, block.values.pointer, $0.baseAddress)
        }
      } else {
        sum += tk_sum_squares(block.values.count, block.values.pointer, nil)
      }
    }
    return sum
  }

  /// Adds `factor` times `other` where this vector's task has alive weights.
  public func addWithin(_ factor: Float, _ other: GradientVector) {
    for block in other.blocks {
      guard let alive = reads[ObjectIdentifier(block.parameter)] else { continue }
      guard let alive else {
        add(factor, block)
        continue
      }
      let whole = block.dense(in: workspace)
      let part = Tensor([whole.values.count], in: workspace)
      part.pointer.update(from: whole.values.pointer, count: part.count)
      alive.zeroDead(part.pointer)
      add(factor, Block(parameter: block.parameter, rows: nil, values: part))
    }
  }

  /// Adds `factor` times `other`, wherever it is.
  public func add(_ factor: Float, _ other: GradientVector) {
    for block in other.blocks { add(factor, block) }
  }

  private func add(_ factor: Float, _ other: Block) {
    guard let place = places[ObjectIdentifier(other.parameter)] else {
      let copy = Tensor(other.values.shape, filledWith: 0, in: workspace)
      tk_add_scaled(
        1, copy.count, factor, other.values.pointer, copy.count, copy.pointer, copy.count)
      return append(Block(parameter: other.parameter, rows: other.rows, values: copy))
    }
    if let own = blocks[place].rows, own != other.rows {
      blocks[place] = blocks[place].widened(to: other.rows, in: workspace)
    }
    let block = blocks[place]
    block.forEachCommonRun(with: other) { own, its, length in
      tk_add_scaled(
        1, length, factor, other.values.pointer + its, length, block.values.pointer + own, length)
    }
  }

  /// Gives the numbers to their parameters as their gradients, in addition to what these have.
  public func deliver() {
    for block in blocks {
      let parameter = block.parameter
      if let rows = block.rows { parameter.touch(rows) } else { parameter.ensureGradient() }
      let (count, length) = block.runs
      for run in 0..<count {
        tk_add(
          length, block.values.pointer + run * length,
          parameter.gradient.baseAddress! + block.start(run))
      }
    }
  }

  /// Calls `body` while the parameters stand `factor` times this vector further; afterwards they are
  /// back where they were, to the bit.
  ///
  /// Rows of embeddings must be up to date: those are that the step under way has read.
  public func shifting<R>(by factor: Float, _ body: () throws -> R) rethrows -> R {
    let saved = blocks.map { block in
      let copy = Tensor([block.values.count], in: workspace)
      let (count, length) = block.runs
      for run in 0..<count {
        let values = block.parameter.values.baseAddress! + block.start(run)
        (copy.pointer + run * length).update(from: values, count: length)
        tk_add_scaled(
          1, length, factor, block.values.pointer + run * length, length, values, length)
      }
      return copy
    }
    defer {
      for (block, copy) in zip(blocks, saved) {
        let (count, length) = block.runs
        for run in 0..<count {
          (block.parameter.values.baseAddress! + block.start(run)).update(
            from: copy.pointer + run * length, count: length)
        }
      }
    }
    return try body()
  }
}

extension GradientVector.Block {
  /// Calls `body` with the places, in either block's numbers, of every run that both have.
  fileprivate func forEachCommonRun(
    with other: Self, _ body: (_ own: Int, _ others: Int, _ length: Int) -> Void
  ) {
    let width = parameter.width
    switch (rows, other.rows) {
    case (nil, nil): body(0, 0, values.count)
    case (let rows?, nil):
      for (index, row) in rows.enumerated() { body(index * width, Int(row) * width, width) }
    case (nil, let rows?):
      for (index, row) in rows.enumerated() { body(Int(row) * width, index * width, width) }
    case (let rows?, let others?):
      var (i, j) = (0, 0)
      while i < rows.count && j < others.count {
        let (row, other) = (rows[i], others[j])
        if row == other { body(i * width, j * width, width) }
        if row <= other { i += 1 }
        if other <= row { j += 1 }
      }
    }
  }

  /// The same numbers over these rows and `more`, all elements if that is nil; zero where they are
  /// new.
  fileprivate func widened(to more: [Int32]?, in workspace: Workspace) -> Self {
    let all = more.map { Set(rows ?? []).union($0).sorted() }
    let count = all.map { $0.count * parameter.width } ?? parameter.count
    let wide = Self(
      parameter: parameter, rows: all,
      values: Tensor([count], filledWith: 0, in: workspace))
    wide.forEachCommonRun(with: self) { new, old, length in
      (wide.values.pointer + new).update(from: values.pointer + old, count: length)
    }
    return wide
  }

  /// The same numbers over all elements.
  fileprivate func dense(in workspace: Workspace) -> Self {
    rows == nil ? self : widened(to: nil, in: workspace)
  }
}

extension BitMask {
  /// Sets the numbers of dead weights to zero.
  fileprivate func zeroDead(_ numbers: UnsafeMutablePointer<Float>) {
    withWords { words in
      for (index, word) in words.enumerated() where word != ~0 {
        for bit in 0..<min(64, count - index * 64) where word >> UInt64(bit) & 1 == 0 {
          numbers[index * 64 + bit] = 0
        }
      }
    }
  }
}
