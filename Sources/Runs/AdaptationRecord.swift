import Basics
import Figures
import Foundation
import Recipes

/// What `adaptation.json` holds: the settings that all trainings of an adaptation have in common.
struct AdaptationRecord: Codable, Equatable {
  static let currentFormat = 1
  static let name = "adaptation.json"

  var format = Self.currentFormat
  /// The run's architecture whose encoder is taken over.
  let sharing: String
  /// The SHA-256 of its weights file, in hexadecimal.
  let encoder: String
  /// The settings, with the seed of the first draw.
  let recipe: Recipe

  init(sharing: String, encoder: String, recipe: Recipe) {
    self.sharing = sharing
    self.encoder = encoder
    self.recipe = recipe
  }

  /// The record of the adaptation in `folder`, nil if there is none.
  ///
  /// - Throws: `Failure` of kind `badData` if it is damaged or newer than this program.
  static func read(_ folder: String) throws -> AdaptationRecord? {
    struct Version: Decodable { let format: Int }
    let path = "\(folder)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let data = try SealedJSON.read(path, limit: 16 << 20)
    if let format = try? JSONDecoder().decode(Version.self, from: data).format,
      format > currentFormat
    {
      throw Failure(
        .badData,
        "\(path): has format \(format), made by a newer program; this one reads up to format"
          + " \(currentFormat)")
    }
    guard let record = try? JSONDecoder().decode(AdaptationRecord.self, from: data) else {
      throw Failure(.badData, "\(path): is damaged, so the adaptation cannot be continued")
    }
    return record
  }

  func write(_ folder: String) throws {
    try SealedJSON.write(Data(jsonText(self).utf8), to: "\(folder)/\(Self.name)")
  }

  /// Refuses to go on in `folder` with these settings if its adaptation, `begun`, has others.
  ///
  /// - Throws: `Failure` of kind `usage` naming the first that differs, both values and what to do.
  func require(_ begun: AdaptationRecord, in folder: String) throws {
    func refuse(_ setting: String, _ value: String, _ old: String) -> Failure {
      Failure(
        .usage, setting: setting, value: value,
        "the adaptation in \(folder) was started with \(old); choose another folder")
    }
    if sharing != begun.sharing { throw refuse("sharing", sharing, begun.sharing) }
    for option in RecipeOption.all {
      let (old, value) = (option.value(in: begun.recipe), option.value(in: recipe))
      if value != old {
        throw refuse(option.name == "tasks" ? "task" : option.name, value.shown, old.shown)
      }
    }
    if encoder != begun.encoder {
      throw Failure(
        .badData,
        "\(folder): was started with other weights of \(sharing) than the run has now; choose "
          + "another folder")
    }
  }
}
