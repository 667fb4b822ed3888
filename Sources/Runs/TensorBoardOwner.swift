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

  /// Makes `folder` known as the owner's, and keeps others from it as long as the result lives.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if it is another's or has become so, and
  ///   `cannotCreate` or `inputOutput` if it cannot be written.
  func claim(_ folder: String) throws -> Claim {
    try Files.writeOnce(Data((UUID().uuidString + "\n").utf8), to: "\(run)/\(Self.file)")
    let claim = try Claim("\(folder)/\(Self.file)")
    guard claim.isHeld else {
      throw Self.refusal(folder, "is being written to by another process", "")
    }
    try requireOwn(folder)
    // Another's name is left over where there are no events.
    if let own = Self.name(in: run), own != Self.name(in: folder) { try claim.write(own + "\n") }
    return claim
  }

  /// The file with the name, open and locked.
  final class Claim: Sendable {
    private let descriptor: Int32
    private let path: String
    /// Whether no other process has it.
    let isHeld: Bool

    fileprivate init(_ path: String) throws {
      self.path = path
      descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      isHeld = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0
      guard descriptor >= 0 else {
        throw Failure(.cannotCreate, "\(path): cannot be created (\(systemError()))")
      }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    fileprivate func write(_ text: String) throws {
      let bytes = Array(text.utf8)
      guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
      else { throw Failure(.inputOutput, "\(path): cannot be written (\(systemError()))") }
    }
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
