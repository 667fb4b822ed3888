import Basics
import Figures
import Foundation

extension RunPage {
  /// What made the run and this page.
  var environmentSection: Document.Section {
    var rows = [["", "value"], ["tickets", "version \(Program.version)"]]
    rows.append(["processor of this page", Self.processor])
    rows.append(["cores", "\(ProcessInfo.processInfo.activeProcessorCount)"])
    if let times {
      rows += [["first line of the log", times.first], ["last line of the log", times.last]]
    }
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
