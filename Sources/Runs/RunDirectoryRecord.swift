import Basics
import Foundation
import Recipes
import Synchronization

/// What `RUN/run.json` holds.
struct RunRecord: Codable, Equatable {
  /// The only format there is so far.
  static let currentFormat = 1

  var format = Self.currentFormat
  var recipe: Recipe
  /// Groups of options that a stage has used, in that order.
  var started: [RecipeGroup] = []
  /// SHA-256 in hexadecimal by absolute path.
  var data: [String: String]

  init(recipe: Recipe, data: [String: String]) {
    self.recipe = recipe
    self.data = data
  }

  func write(run: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(self)
    data.append(UInt8(ascii: "\n"))
    try Files.writeAtomically(data, to: run + "/run.json")
  }

  static func read(run: String) throws -> RunRecord {
    struct Version: Decodable { let format: Int }
    let path = run + "/run.json"
    let data = try Files.read(path, limit: 16 << 20)
    do {
      if let record = try? JSONDecoder().decode(RunRecord.self, from: data),
        record.format <= currentFormat
      {
        return record
      }
      let format = try JSONDecoder().decode(Version.self, from: data).format
      guard format <= currentFormat else {
        throw Failure(
          .badData,
          "\(path): has format \(format), made by a newer program;"
            + " this one reads up to format \(currentFormat)")
      }
      return try JSONDecoder().decode(RunRecord.self, from: data)
    } catch let failure as Failure {
      let message = failure.message
      throw Failure(.badData, message.hasPrefix(path) ? message : "\(path): \(message)")
    } catch {
      throw Failure(.badData, "\(path): is damaged, so the run cannot be continued")
    }
  }
}

extension Recipe {
  /// The files that training reads: what a run is made from.
  package var trainingData: Set<String> {
    var files = Set(tasks.flatMap { trainFiles(of: $0) + devFiles(of: $0) })
    if let embeddings { files.insert(embeddings) }
    return files
  }

  /// The files that only the final scores read.
  package var testData: Set<String> { Set(tasks.flatMap { testFiles(of: $0) }) }
}

/// SHA-256 digests of data files, each computed once a process while the file stays as it is.
final class DataDigests: Sendable {
  /// What tells that a file has not been written since.
  private struct Stamp: Equatable {
    let device: dev_t, node: ino_t, size: off_t, seconds: Int, nanoseconds: Int
  }

  private let known = Mutex<[String: (stamp: Stamp, digest: String)]>([:])

  /// The digest of `file` in hexadecimal.
  func of(_ file: String) throws -> String {
    let stamp = Self.stamp(file)
    if let stamp, let found = known.withLock({ $0[file] }), found.stamp == stamp {
      return found.digest
    }
    let digest = Digest.hex(try Digest.sha256(file: file))
    if let stamp { known.withLock { $0[file] = (stamp, digest) } }
    return digest
  }

  /// The digests by file.
  func of(_ files: Set<String>) throws -> [String: String] {
    var digests: [String: String] = [:]
    for file in files.sorted() { digests[file] = try of(file) }
    return digests
  }

  func check(_ digests: [String: String], run: String) throws {
    for (file, digest) in digests.sorted(by: { $0.key < $1.key })
    where try of(file) != digest {
      throw Failure(
        .badData,
        "\(file): has changed since the run \(run) first read it;"
          + " restore it, or choose another folder")
    }
  }

  /// Nil for a file written just now: its next change could bear the same time.
  private static func stamp(_ file: String) -> Stamp? {
    var status = stat()
    guard stat(file, &status) == 0, time(nil) - status.st_mtim.tv_sec > 1 else { return nil }
    return Stamp(
      device: status.st_dev, node: status.st_ino, size: status.st_size,
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }
}
