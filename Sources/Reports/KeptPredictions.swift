import Basics
import Figures
import Foundation
import Recipes
import Runs
import Scoring
import Sharing

/// What some networks, or baselines, predict on a split, as it is kept in `RUN/results`.
struct KeptPredictions: Codable {
  /// Raise it where predictions change for the same run, or this type does.
  private static let format = 1

  /// One task's predictions; numbers are little-endian.
  private struct Part: Codable {
    let sharing: String, task: String, domain: String?
    let parameters: Int, taskParameters: Int
    /// Labels as files write them, with an Int32 for every token, text or vector.
    let names: [String]?, ids: Data?
    /// A Float32 for every vector.
    let values: Data?

    init(_ predicted: EvaluationReport.Predicted) {
      sharing = predicted.sharing
      task = predicted.data.task.name
      domain = predicted.domain
      (parameters, taskParameters) = predicted.parameters
      switch predicted.predictions {
      case .labels(let names, let ids):
        self.names = names
        self.ids = Self.data(ids.map { UInt32(bitPattern: $0) })
        values = nil
      case .values(let values):
        (names, ids) = (nil, nil)
        self.values = Self.data(values.map(\.bitPattern))
      }
    }

    /// What is predicted; nil if the part holds none.
    var predictions: Predictions? {
      if let names, let ids, values == nil, let numbers = Self.numbers(ids) {
        return .labels(names: names, ids: numbers.map { Int32(bitPattern: $0) })
      }
      guard names == nil, ids == nil, let values, let numbers = Self.numbers(values) else {
        return nil
      }
      let found = numbers.map(Float.init(bitPattern:))
      return found.allSatisfy(\.isFinite) ? .values(found) : nil
    }

    private static func data(_ numbers: [UInt32]) -> Data {
      numbers.map(\.littleEndian).withUnsafeBytes { Data($0) }
    }

    private static func numbers(_ data: Data) -> [UInt32]? {
      guard data.count % 4 == 0 else { return nil }
      return data.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 4).map {
          UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
        }
      }
    }
  }

  private let parts: [Part]
  /// What to tell the user about the data.
  let warnings: [String]

  init(_ predicted: [EvaluationReport.Predicted], warnings: [String] = []) {
    parts = predicted.map(Part.init)
    self.warnings = warnings
  }

  /// The predictions, which must be just those `asked` for; nil if they are anything else.
  func predicted(_ asked: [EvaluationReport.Asked]) -> [EvaluationReport.Predicted]? {
    guard parts.count == asked.count else { return nil }
    let found = zip(parts, asked).compactMap { part, asked -> EvaluationReport.Predicted? in
      guard part.sharing == asked.sharing, part.task == asked.data.task.name,
        part.domain == asked.domain, let predictions = part.predictions,
        predictions.fit(asked.data)
      else { return nil }
      return EvaluationReport.Predicted(
        asked, predictions, parameters: (part.parameters, part.taskParameters))
    }
    return found.count == asked.count ? found : nil
  }

  /// Where the predictions called `name` of `run` are kept, and what they are computed from.
  ///
  /// - Parameter files: what of the run they are computed from, beside the data.
  static func kept(
    _ name: String, of run: RunDirectory, on split: RunData.Split, reading data: Set<String>,
    and files: [(name: String, path: String)]
  ) throws -> KeptResult<KeptPredictions> {
    KeptResult(
      try run.path("results", "\(split.rawValue)-\(name).json"),
      settings: "predictions \(format)\n\(split.rawValue) \(name)\n\(try jsonText(run.recipe))",
      inputs: data.sorted().map { ($0, $0) } + files)
  }
}
