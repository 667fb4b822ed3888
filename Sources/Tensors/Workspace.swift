/// Recycles the memory of tensors, so that a training step in the steady state allocates nothing.
///
/// A workspace belongs to one thread. Buffers are aligned to 64 bytes and kept by size class;
/// a tensor hands its buffer back when its last reference goes.
public final class Workspace {
  private var free: [Int: [UnsafeMutablePointer<Float>]] = [:]

  /// An empty workspace.
  public init() {}

  deinit {
    for buffers in free.values {
      for buffer in buffers { buffer.deallocate() }
    }
  }

  /// A buffer of at least `count` floats, its contents undefined.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = Self.sizeClass(count)
    if let buffer = free[size]?.popLast() { return buffer }
    return Self.allocate(size)
  }

  /// Takes back a buffer that `take(count)` gave.
  func giveBack(_ buffer: UnsafeMutablePointer<Float>, count: Int) {
    free[Self.sizeClass(count), default: []].append(buffer)
  }

  static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// `count` rounded up to a quarter of a power of two: at most 25 % is wasted, and batches of
  /// nearly the same size share their buffers.
  static func sizeClass(_ count: Int) -> Int {
    guard count > 64 else { return 64 }
    let step = 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount - 3)
    return (count + step - 1) / step * step
  }
}
