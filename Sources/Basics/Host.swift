import Foundation

/// What tells this machine's processes from those of other machines that see the same files.
package enum Host {
  /// The machine's name, for people.
  package static let name: String = {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return "unknown" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  /// Eight hexadecimal digits, the same for all processes of this machine since it was started.
  package static let boot = digits(
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "")

  /// Eight hexadecimal digits, the same for all processes that know each other by number: those of one
  /// machine since it was started, and of one container.
  package static let identity = digits(
    boot + ((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "")
  )

  /// Eight hexadecimal digits that the machine keeps when it is started again; nil if it has none. Copies
  /// of one image may have the same name and number, but no two cards of a network.
  package static let machine: String? = {
    let text = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
    let cards = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? []
    let addresses = cards.sorted().compactMap {
      try? String(contentsOfFile: "/sys/class/net/\($0)/address", encoding: .utf8)
    }.filter { $0.contains { $0 != "0" && $0 != ":" && !$0.isWhitespace } }
    return text.count < 32 || addresses.isEmpty
      ? nil : digits(name + text + addresses.joined())
  }()

  private static func digits(_ text: String) -> String {
    String(Digest.hex(Digest.sha256(Data(text.utf8))).prefix(8))
  }

  /// When the process `process` of this machine began, in the system's clock ticks; nil if there is none,
  /// or other users' processes cannot be seen.
  package static func start(of process: Int32) -> Int? {
    // The name, in parentheses, may hold anything; the number is the twentieth behind it.
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[name...].split(separator: " ")
    return fields.count > 20 ? Int(fields[20]) : nil
  }
}
