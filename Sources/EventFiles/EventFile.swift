import Basics
import Foundation
internal import SwiftProtobuf

/// One of TensorBoard's event files: numbers by name, step after step, as they come.
///
/// TensorBoard reads the event files of a folder in the order of their names as one; a session that
/// starts at a step voids what earlier files hold of that step and later ones. What continues after
/// a kill therefore never touches an old file, whose end may be torn, but starts a new one.
public struct EventFile: Sendable {
  /// What every name of an event file begins with.
  private static let prefix = "events.out.tfevents."
  /// The format of the files.
  private static let version = "brain.Event:2"

  /// The file.
  package let path: String

  /// Creates a file in `folder`, which is made if it is not there, behind those that are there, for
  /// the steps from `step` on.
  ///
  /// - Parameter time: Unix seconds.
  /// - Throws: `Failure` of kind `cannotCreate` or `inputOutput` naming what cannot be written; no file
  ///   of it is left then.
  public static func create(in folder: String, from step: Int, at time: Double) throws -> EventFile
  {
    try Files.makeFolder(folder)
    let latest = names(in: folder).compactMap(number(of:)).max() ?? 0
    // Names count as if a second had gone by where none has, or the clock was set back.
    let number = max(Int(Date().timeIntervalSince1970), latest + 1)
    let digits = String(number)
    let name = prefix + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    let file = EventFile(path: "\(folder)/\(name).tickets.\(getpid())")
    // In one write, so that a kill leaves both or an empty file.
    let version = Event.with {
      $0.wallTime = time
      $0.fileVersion = Self.version
    }
    do {
      try file.append([version, start(from: step, at: time)])
    } catch {
      unlink(file.path)
      throw error
    }
    return file
  }

  /// The first folder found to hold event files among `folder`, which is "", and those below it, by
  /// their paths below it; nil if none does.
  public static func firstPlace(below folder: String) -> String? {
    // What is enumerated below a link is nothing.
    let place = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    let paths = FileManager.default.enumerator(atPath: place)?.lazy.compactMap { $0 as? String }
    return paths?.first { ($0 as NSString).lastPathComponent.hasPrefix(prefix) }
      .map { ($0 as NSString).deletingLastPathComponent }
  }

  /// Voids what stands there of `step` and later ones, which follow anew.
  public func restart(from step: Int, at time: Double) throws {
    try append([Self.start(from: step, at: time)])
  }

  /// Appends the numbers of `step` by name.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if they cannot be written; the file is as it was.
  public func append(_ scalars: [String: Float], step: Int, at time: Double) throws {
    let event = Event.with {
      $0.wallTime = time
      $0.step = Int64(step)
      $0.summary.value = scalars.sorted { $0.key < $1.key }.map { scalar in
        .with {
          $0.tag = scalar.key
          $0.simpleValue = scalar.value
        }
      }
    }
    try append([event])
  }

  private static func start(from step: Int, at time: Double) -> Event {
    .with {
      $0.wallTime = time
      $0.step = Int64(step)
      $0.sessionLog.status = .start
    }
  }

  private func append(_ events: [Event]) throws {
    let records = try events.map { Record.framed(try $0.serializedData()) }
    try Files.append(Data(records.joined()), to: path, followingLinks: true)
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasPrefix(prefix) }
  }

  /// The number by which the file called `name` stands among others.
  private static func number(of name: String) -> Int? {
    Int(name.dropFirst(prefix.count).prefix { $0 != "." }.prefix(10))
  }
}
