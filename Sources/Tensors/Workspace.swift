/// Recycles the memory of tensors, so that a training step in the steady state allocates nothing.
///
/// A workspace belongs to one thread. Buffers are aligned to 64 bytes and kept by size class;
/// a tensor hands its buffer back when its last reference goes.
public final class Workspace {
  /// Free buffers by size class.
  private var free: [[UnsafeMutablePointer<Float>]] = []

  /// An empty workspace.
  public init() {}

  deinit {
    for buffers in free {
      for buffer in buffers { buffer.deallocate() }
    }
  }

  /// A buffer of at least `count` floats, its contents undefined, and its size class: a free one
  /// of the right or a somewhat larger class, else a new one.
  func take(_ count: Int) -> (buffer: UnsafeMutablePointer<Float>, sizeClass: Int) {
    let wanted = Self.sizeClass(count)
    while free.count <= wanted { free.append([]) }
    // Four classes double the size.
    for sizeClass in wanted..<min(wanted + 9, free.count) {
      if let buffer = free[sizeClass].popLast() { return (buffer, sizeClass) }
    }
    return (Self.allocate(Self.size(ofClass: wanted)), wanted)
  }

  /// Takes back a buffer that `take` gave.
  func giveBack(_ buffer: UnsafeMutablePointer<Float>, sizeClass: Int) {
    free[sizeClass].append(buffer)
  }

  static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// The smallest class whose buffers hold `count` floats. Sizes are 64 and on from there the
  /// quarters between powers of two: at most 25 % is wasted, and batches of nearly the same size
  /// share their buffers.
  static func sizeClass(_ count: Int) -> Int {
    guard count > 64 else { return 0 }
    // count − 1 in binary: its length is the octave, the two digits behind the first the quarter.
    let octave = Int.bitWidth - (count - 1).leadingZeroBitCount - 7
    return 4 * octave + (count - 1) >> (octave + 4) & 3 + 1
  }

  /// The floats of a buffer of class `sizeClass`.
  static func size(ofClass sizeClass: Int) -> Int {
    (4 + sizeClass % 4) << (sizeClass / 4 + 4)
  }
}
