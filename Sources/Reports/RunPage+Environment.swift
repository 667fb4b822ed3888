import Basics
import Figures
import Foundation

extension RunPage {
  /// What made the run and this page.
  var environmentSection: Document.Section {
    .environment(
      times.map {
        [["first line of the log", $0.first], ["last line of the log", $0.last]]
      } ?? [], digests: digests)
  }
}

extension Document.Section {
  /// What made a page: program, machine, what `rows` tell beside, and the SHA-256 of data files.
  package static func environment(
    _ more: [[String]] = [], digests: [String: String]
  ) -> Document.Section {
    let rows =
      [
        ["", "value"], ["tickets", "version \(Program.version)"],
        ["processor of this page", processor],
        ["cores", "\(ProcessInfo.processInfo.activeProcessorCount)"],
      ] + more
    let files = digests.sorted { $0.key < $1.key }
    let table = Document.Table(
      "SHA-256 of the data files read so far",
      [["file", "digest"]] + files.map { [$0.key, $0.value] })
    return Document.Section(
      "Environment",
      [.table(Document.Table("", rows))]
        + (files.isEmpty
          ? [] : files.count > 12 ? [.folded("Data files", table.capped())] : [.table(table)]))
  }

  /// The processor's name as the system has it.
  private static var processor: String {
    let text = (try? Files.read("/proc/cpuinfo", limit: 1 << 22)).map {
      String(decoding: $0, as: UTF8.self)
    }
    let line = text?.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map {
      $0.trimmingCharacters(in: .whitespaces)
    } ?? "unknown"
  }
}
