import Basics

/// What a file of weights is of, as its metadata say, so that one that was copied over another is not
/// taken for it.
public struct WeightsIdentity: Sendable, Equatable {
  /// By key of the metadata.
  public let metadata: [String: String]
  private static let keys = ["architecture", "stage", "task", "round", "rewind", "holds"]

  /// The weights of `architecture` after `stage`.
  ///
  /// - Parameters:
  ///   - task: the only task, where it is one of several networks.
  ///   - round: the round of pruning.
  ///   - rewind: what rounds and tickets start from, if these are the weights.
  ///   - holds: what it holds, if not what the stage is for.
  public init(
    _ architecture: String, stage: String, task: String? = nil, round: Int? = nil,
    rewind: String? = nil, holds: String? = nil
  ) {
    let values = [architecture, stage, task, round.map(String.init), rewind, holds]
    metadata = Dictionary(
      uniqueKeysWithValues: zip(Self.keys, values).compactMap { key, value in
        value.map { (key, $0) }
      })
  }

  /// What `metadata` say that differs; nil if nothing does. Older files say less: what they leave out
  /// is not held against them.
  fileprivate func difference(_ found: [String: String]) -> String? {
    for key in Self.keys {
      guard let value = found[key], value != metadata[key] else { continue }
      return "its \(key) is '\(value.prefix(80))'" + (metadata[key].map { ", not '\($0)'" } ?? "")
    }
    return nil
  }
}

extension SafeTensors {
  /// Checks that the file is of `identity`, as far as it says what it is of.
  ///
  /// - Throws: `Failure` of kind `badData` naming what differs.
  public func require(_ identity: WeightsIdentity) throws {
    try verify()
    guard let difference = identity.difference(metadata) else { return }
    throw Failure(
      .badData,
      "\(path): is of something else: \(difference); restore it, or start anew in another "
        + "folder")
  }
}
