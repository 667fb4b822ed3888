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

  /// A buffer of at least `count` floats, its contents undefined, and its size class: a free one
  /// of the right or a somewhat larger class, else a new one.
  func take(_ count: Int) -> (buffer: UnsafeMutablePointer<Float>, sizeClass: Int) {
    let size = Self.sizeClass(count)
    if let buffer = free[size]?.popLast() { return (buffer, size) }
    let larger = free.filter { $0.key > size && $0.key <= 4 * size && !$0.value.isEmpty }.keys.min()
    if let larger { return (free[larger]!.removeLast(), larger) }
    return (Self.allocate(size), size)
  }

  /// Takes back a buffer that `take` gave.
  func giveBack(_ buffer: UnsafeMutablePointer<Float>, sizeClass: Int) {
    free[sizeClass, default: []].append(buffer)
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
