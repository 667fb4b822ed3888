import Foundation

/// Memory for a parameter: zeros that cost nothing until they are touched.
///
/// A network that only predicts never touches its gradients, and values that a file fills are not
/// cleared first by hand.
enum ZeroedFloats {
  private static let page = 1 << 12
  /// What the processor can map in one piece instead of 512.
  private static let largePage = 1 << 21

  /// `count` zeros, aligned to 64 bytes.
  static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let bytes = count * 4
    guard isMapped(bytes) else {
      let start = Workspace.allocate(count)
      start.update(repeating: 0, count: count)
      return UnsafeMutableBufferPointer(start: start, count: count)
    }
    let length = wholePages(bytes)
    // One large page more is mapped and cut away again, so that the memory starts with one.
    let slack = bytes >= largePage ? largePage : 0
    // Nothing is set aside: a network that is only looked at may be larger than the memory.
    let all = mmap(
      nil, length + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
      0)!
    precondition(all != MAP_FAILED, "out of memory: \(bytes) bytes for a tensor")
    let before = slack == 0 ? 0 : -Int(bitPattern: all) & (largePage - 1)
    let start = all + before
    if before > 0 { munmap(all, before) }
    if slack > before { munmap(start + length, slack - before) }
    #if os(Linux)
      if slack > 0 { madvise(start, length, MADV_HUGEPAGE) }
    #endif
    return UnsafeMutableBufferPointer(
      start: start.bindMemory(to: Float.self, capacity: count), count: count)
  }

  /// Gives back what `allocate` gave.
  static func deallocate(_ floats: UnsafeMutableBufferPointer<Float>) {
    let bytes = floats.count * 4
    if isMapped(bytes) {
      munmap(floats.baseAddress!, wholePages(bytes))
    } else {
      floats.deallocate()
    }
  }

  private static func isMapped(_ bytes: Int) -> Bool { bytes >= 32 * page }

  private static func wholePages(_ bytes: Int) -> Int { (bytes + page - 1) & ~(page - 1) }
}
