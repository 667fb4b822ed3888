import Basics
import Foundation

extension RunDirectory {
  /// Says that `path`, where a run is needed, is none, and what it is instead.
  static func noRun(_ path: String) -> Failure {
    let instead =
      if FileManager.default.fileExists(atPath: path), !Files.isFolder(path) {
        "; it is a file, and a run is a folder"
      } else if let inner = firstRun(below: path) {
        FileManager.default.fileExists(atPath: path + "/comparison.json")
          ? "; it is a comparison, whose runs are folders in it, such as \(inner)"
          : "; the folder holds runs, such as \(inner)"
      } else {
        ""
      }
    return Failure(.missingInput, "\(path): is no run (it has no run.json)\(instead)")
  }

  /// What to add to a message that `path` is no comparison or adaptation, if it is a run.
  package static func butRun(_ path: String) -> String {
    exists(path) ? "; it is a run" : ""
  }

  /// Checks that a result can be put at `path`, which the user has given: as `Files.requireWritable`
  /// does, and that it would not take the place of a file that a run, comparison or adaptation is
  /// made of.
  ///
  /// - Throws: `Failure` of kind `cannotCreate`.
  public static func requireWritable(_ path: String) throws {
    try Files.requireWritable(path)
    let file = URL(filePath: path).resolvingSymlinksInPath()
    // What pages, figures and predictions are called is no name of their files.
    let suffixes = ["json", "jsonl", "safetensors", "ticket", "txt", "id", ""]
    guard suffixes.contains(file.pathExtension), FileManager.default.fileExists(atPath: file.path)
    else { return }
    var folder = file.deletingLastPathComponent()
    while folder.pathComponents.count > 1 {
      for record in ["run.json", "comparison.json", "adaptation.json"]
      where FileManager.default.fileExists(atPath: folder.appending(path: record).path) {
        throw Failure(
          .cannotCreate,
          "\(path): is there already in \(folder.path), whose files results do not replace; choose "
            + "another place")
      }
      folder.deleteLastPathComponent()
    }
  }

  /// The first run, by name, in the folders below `path`, as deep as comparisons go.
  private static func firstRun(below path: String, depth: Int = 3) -> String? {
    guard depth > 0 else { return nil }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let folders = names.filter { !$0.hasPrefix(".") }.sorted().map { "\(path)/\($0)" }
      .filter(Files.isFolder)
    return folders.first(where: exists)
      ?? folders.lazy.compactMap { firstRun(below: $0, depth: depth - 1) }.first
  }
}
