import Foundation
import Runs

/// Who is at work on a part of a run, on this machine or another one.
package struct RunWorker: Encodable {
  /// The part of the run: `prune/ner`.
  let unit: String
  /// The machine's name, the process there, and what the engine calls its job.
  let host: String, process: Int
  @OrNull var job: String?
  /// For people.
  package let text: String

  private enum CodingKeys: String, CodingKey { case unit, host, process, job }

  /// Who works on parts of the run in the folder `run`, as far as they are not known to be dead.
  ///
  /// - Throws: `Failure` of kind `badData` if a guard is none.
  package static func all(on run: String) throws -> [RunWorker] {
    try UnitGuard.holders(in: run).map { unit, holder in
      RunWorker(
        unit: unit, host: holder.host, process: Int(holder.process), job: holder.job,
        text: "\(unit) by \(holder.name)")
    }
  }
}
