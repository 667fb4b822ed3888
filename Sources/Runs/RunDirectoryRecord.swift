import Basics
import Figures
import Foundation
import Recipes

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
    try SealedJSON.write(Data(jsonText(self).utf8), to: run + "/run.json")
  }

  static func read(run: String) throws -> RunRecord {
    struct Version: Decodable { let format: Int }
    let path = run + "/run.json"
    let data = try SealedJSON.read(path, limit: 16 << 20)
    do {
      let record = Result { try JSONDecoder().decode(RunRecord.self, from: data) }
      let format =
        try (try? record.get().format) ?? JSONDecoder().decode(Version.self, from: data).format
      guard format <= currentFormat else {
        throw Failure(
          .badData,
          "\(path): has format \(format), made by a newer program;"
            + " this one reads up to format \(currentFormat)")
      }
      guard try !record.get().recipe.tasks.isEmpty else {
        throw Failure(.badData, "the run has no tasks")
      }
      return try record.get()
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
    var files = withFeatures(tasks.flatMap { trainFiles(of: $0) + devFiles(of: $0) })
    files.formUnion(startFiles)
    return files
  }

  /// The files whose values a network begins with.
  private var startFiles: [String] { [embeddings, weights].compactMap(\.self) }

  /// The training files without those whose values a network begins with.
  package var trainingCorpora: Set<String> { trainingData.subtracting(startFiles) }

  /// The files that only the final scores read.
  package var testData: Set<String> { withFeatures(tasks.flatMap { testFiles(of: $0) }) }

  /// `files` and the features of their tokens.
  private func withFeatures(_ files: [String]) -> Set<String> {
    Set(files + (tokenFeatures.map { files.map($0.file) } ?? []))
  }
}
