import Foundation
import Synchronization

/// How much memory this process may plan with.
public enum Memory {
  private static let given = Atomic<Int>(0)

  /// Bytes: what `setLimit` says, else what the machine has, or the control group or the limits of this
  /// process if that is less.
  public static var limit: Int {
    let given = given.load(ordering: .relaxed)
    return given > 0 ? given : machine
  }

  /// Sets the limit of this process, in bytes.
  public static func setLimit(_ bytes: Int) { given.store(bytes, ordering: .relaxed) }

  /// What the machine has, or the control group.
  private static let machine: Int = {
    let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    return ([physical, addressSpace()] + groupLimits()).filter { $0 > 0 }.min() ?? .max
  }()

  /// The address space that the system allows this process (`ulimit -v`), 0 without a limit.
  private static func addressSpace() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return 0 }
    return Int(exactly: limit.rlim_cur) ?? 0
  }

  /// What Linux allows the control groups of this process, from its own up to the root.
  private static func groupLimits() -> [Int] {
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    var files: [String] = []
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isFirst = parts[1].split(separator: ",").contains("memory")
      guard isFirst || parts[1].isEmpty else { continue }
      var group = parts[2].split(separator: "/")
      while true {
        let path = group.map { "/" + $0 }.joined()
        files.append(
          isFirst
            ? "/sys/fs/cgroup/memory\(path)/memory.limit_in_bytes"
            : "/sys/fs/cgroup\(path)/memory.max")
        if group.popLast() == nil { break }
      }
    }
    return files.compactMap {
      (try? String(contentsOfFile: $0, encoding: .utf8)).flatMap {
        Int($0.filter { !$0.isWhitespace })
      }
    }
  }

  /// The bytes that `text` stands for: a number with `K`, `M`, `G` or `T` behind it, powers of 1024,
  /// or without; nil if it is anything else or less than a byte.
  public static func bytes(_ text: String) -> Int? {
    guard let match = text.wholeMatch(of: /([0-9]+(?:\.[0-9]+)?)([KMGT]?)(?:i?B)?/.ignoresCase()),
      let number = Double(match.1)
    else { return nil }
    let power = ["", "K", "M", "G", "T"].firstIndex(of: match.2.uppercased())!
    let bytes = (number * pow(1024, Double(power))).rounded()
    return bytes >= 1 && bytes < 0x1p62 ? Int(bytes) : nil
  }
}
