/// A dense, row-major array of Float32.
///
/// Tensors are references: an operation writes its result once and everyone reads the same
/// memory. The memory comes from a workspace and returns to it.
public final class Tensor {
  /// The extents, outermost first.
  public let shape: [Int]
  /// How many numbers it holds, the product of `shape`.
  public let count: Int
  /// The numbers.
  public let pointer: UnsafeMutablePointer<Float>
  private let workspace: Workspace
  private let sizeClass: Int

  /// A tensor of `shape`, its contents undefined.
  public init(_ shape: [Int], in workspace: Workspace) {
    self.shape = shape
    count = shape.reduce(1, *)
    (pointer, sizeClass) = workspace.take(count)
    self.workspace = workspace
  }

  /// A tensor of `shape` filled with `value`.
  public convenience init(_ shape: [Int], filledWith value: Float, in workspace: Workspace) {
    self.init(shape, in: workspace)
    pointer.update(repeating: value, count: count)
  }

  /// A tensor of `shape` holding `values`.
  public convenience init(_ shape: [Int], _ values: [Float], in workspace: Workspace) {
    self.init(shape, in: workspace)
    precondition(values.count == count)
    pointer.update(from: values, count: count)
  }

  deinit { workspace.giveBack(pointer, sizeClass: sizeClass) }

  /// A copy of the numbers.
  public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// An array of Int32 in the memory of a tensor.
public struct Integers {
  /// The numbers.
  public let pointer: UnsafeMutablePointer<Int32>
  private let memory: Tensor

  init(count: Int, in workspace: Workspace) {
    memory = Tensor([count], in: workspace)
    pointer = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Int32.self, capacity: count)
  }
}
