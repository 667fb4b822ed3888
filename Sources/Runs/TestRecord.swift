import Basics
import Figures
import Foundation

/// What `RUN/test-data.json` holds: the test files as they were when networks were first scored on
/// them. Whoever is first writes it, and nobody again.
struct TestRecord: Codable {
  /// SHA-256 in hexadecimal by absolute path.
  let data: [String: String]

  static func path(run: String) -> String { run + "/test-data.json" }

  static func exists(run: String) -> Bool {
    FileManager.default.fileExists(atPath: path(run: run))
  }

  /// Writes the record of the run in the folder `run`, unless it has one.
  func writeOnce(run: String) throws {
    try Files.writeOnce(SealedJSON.sealed(Data(jsonText(self).utf8)), to: Self.path(run: run))
  }

  /// The record of the run in the folder `run`; nil before networks have been scored.
  ///
  /// - Throws: `Failure` of kind `badData` if it is damaged.
  static func read(run: String) throws -> TestRecord? {
    guard exists(run: run) else { return nil }
    let path = path(run: run)
    do {
      return try JSONDecoder().decode(TestRecord.self, from: SealedJSON.read(path, limit: 16 << 20))
    } catch is DecodingError {
      throw Failure(
        .badData, "\(path): is damaged; restore it, or remove it if the test files are unchanged")
    }
  }
}
