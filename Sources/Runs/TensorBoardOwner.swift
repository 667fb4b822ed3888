import Basics
import EventFiles
import Foundation

/// Whose events a folder holds: those of a run, a comparison or an adaptation, which shares a random
/// name with it, in a file of the same name on both sides. So either may be moved, and what is made in
/// the place of a removed run is another run.
struct TensorBoardOwner: Sendable {
  private static let file = "tensorboard.id"
  /// The folder of the run, comparison or adaptation.
  let run: String

  /// Checks that `folder` holds no event files but those of the owner, in it or below it.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if it does.
  func requireOwn(_ folder: String) throws {
    guard let place = EventFile.firstPlace(below: folder) else { return }
    let own = Self.name(in: run)
    if own == nil || own != Self.name(in: folder) {
      throw Self.refusal(folder, "holds event files that are not of this run", place)
    }
  }

  /// Checks that there are no event files in `folder` or below it.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if there are.
  static func requireNone(_ folder: String) throws {
    guard let place = EventFile.firstPlace(below: folder) else { return }
    throw refusal(folder, "holds event files already", place)
  }

  /// Makes `folder` known as the owner's.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if it has become another's, and `cannotCreate` or
  ///   `inputOutput` if it cannot be written.
  func claim(_ folder: String) throws {
    try requireOwn(folder)
    try Files.writeOnce(Data((UUID().uuidString + "\n").utf8), to: "\(run)/\(Self.file)")
    guard let own = Self.name(in: run), own != Self.name(in: folder) else { return }
    // Another's name is left over where there are no events; of several that come now one is first.
    unlink("\(folder)/\(Self.file)")
    try Files.writeOnce(Data((own + "\n").utf8), to: "\(folder)/\(Self.file)")
    try requireOwn(folder)
  }

  private static func name(in folder: String) -> String? {
    (try? Files.read("\(folder)/\(file)", limit: 100)).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  private static func refusal(_ folder: String, _ reason: String, _ place: String) -> Failure {
    Failure(
      .cannotCreate, setting: "tensorboard", value: folder,
      reason + (place.isEmpty ? "" : " (in \(place))") + "; choose a new folder")
  }
}
