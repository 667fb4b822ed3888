import Basics
import Foundation
import Yams

/// The settings of the datasets that a configuration of MaChAmp (van der Goot et al. 2021) names, a
/// JSON object with an entry a dataset, as far as they mean something to a run.
public struct MaChAmpDatasets {
  /// The settings as a recipe file.
  public private(set) var recipe = ""
  /// What was left out since it means nothing to a run, and changes no data: a line each.
  public private(set) var ignored: [String] = []

  /// A task as a dataset has it.
  private struct Entry {
    let dataset: String
    var task: RecipeTask
    let weight: RecipeValue?
  }

  private let place: (String) -> RecipePlace
  private var entries: [Entry] = []
  /// The column of the texts, where there are texts.
  private var textColumn: String?

  /// Reads a configuration; relative paths start from the current folder, as in MaChAmp.
  ///
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - name: what messages call it.
  ///   - knownSharings: as in `Recipe.resolve`.
  /// - Throws: `Failure` of kind `badData` if it is no JSON, `usage` naming dataset and key of what
  ///   cannot be had here and would change what is learned.
  public init(_ data: Data, named name: String, knownSharings: [String]) throws {
    let folder = FileManager.default.currentDirectoryPath
    place = { RecipePlace(name: $0, folder: folder) }

    for entry in try RecipeYAML.entries(data, of: name) {
      try read(dataset: entry.key, entry.value, "\(name):\(entry.line): \(entry.key)")
    }
    guard !entries.isEmpty else { throw Failure(.badData, "\(name): names no dataset with a task") }
    let settings = try settings(name)
    let layer = RecipeLayer(
      settings: settings.map { key, value in
        RecipeLayer.Setting(
          option: RecipeOption.named(key)!, value: value, place: place("\(name): \(key)"))
      })
    _ = try Recipe.resolve([layer], knownSharings: knownSharings, needsDev: false)
    recipe = try serialize(
      node: Node(settings.map { (Node($0.key), Recipe.node($0.value)) }), allowUnicode: true)
  }

  private mutating func read(dataset: String, _ value: RecipeValue, _ spot: String) throws {
    func refuse(_ key: String, _ reason: String) -> Failure {
      Failure(.usage, "\(spot): \(key): \(reason)")
    }
    guard case .mapping(let keys) = value else {
      throw Failure(.badData, "\(spot): must be a dataset, an object with 'tasks'")
    }
    var files: [String: [String]] = [:]
    var words: Int?
    var tasks: [RecipeValue.Entry] = []
    for entry in keys {
      switch entry.key {
      case "train_data_path":
        files["train"] = try place("\(spot): \(entry.key)").paths(entry.value)
      case "dev_data_path", "validation_data_path":
        files["dev"] = try place("\(spot): \(entry.key)").paths(entry.value)
      case "test_data_path": files["test"] = try place("\(spot): \(entry.key)").paths(entry.value)
      case "word_idx": words = try column(entry.value, "\(spot): word_idx")
      case "sent_idxs":
        let columns = if case .list(let items) = entry.value { items } else { [entry.value] }
        guard columns.count == 1 else {
          throw refuse(
            "sent_idxs", "\(entry.value.shown): tasks read one text here, not pairs of texts")
        }
        let text = String(try column(columns[0], "\(spot): sent_idxs"))
        guard text == textColumn ?? text else {
          throw refuse("sent_idxs", "\(text): another dataset has \(textColumn!); a run has one")
        }
        textColumn = text
      case "tasks":
        guard case .mapping(let items) = entry.value else {
          throw refuse("tasks", "must be an object with an entry a task")
        }
        tasks = items
      case "max_sents", "max_words", "skip_first_line":
        if ["false", "0"].contains(entry.value.scalarText ?? "0") { continue }
        throw refuse(
          entry.key,
          "\(entry.value.shown): files are read whole here; cut the file and leave it out")
      default: ignored.append("\(spot): \(entry.key) means nothing here and is left out")
      }
    }
    for task in tasks {
      let source = try read(task: task, words: words, "\(spot): tasks.\(task.key)")
      let known = entries.firstIndex { $0.task.name == source.task.name }
      if let known {
        guard entries[known].task.column == source.task.column,
          entries[known].task.labels == source.task.labels,
          entries[known].task.wordColumn == source.task.wordColumn,
          entries[known].weight == source.weight
        else {
          throw refuse(
            "tasks.\(task.key)",
            "the dataset \(entries[known].dataset) has a task of this name with other settings; rename one"
          )
        }
      }
      let index = known ?? entries.count
      if known == nil {
        entries.append(Entry(dataset: dataset, task: source.task, weight: source.weight))
      }
      entries[index].task.train += files["train"] ?? []
      entries[index].task.dev += files["dev"] ?? []
      entries[index].task.test += files["test"] ?? []
    }
  }

  private mutating func read(
    task entry: RecipeValue.Entry, words: Int?, _ spot: String
  ) throws -> (task: RecipeTask, weight: RecipeValue?) {
    guard case .mapping(let keys) = entry.value else {
      throw Failure(.badData, "\(spot): must be a task, an object with 'task_type'")
    }
    var values: [String: RecipeValue] = [:]
    for key in keys {
      switch key.key {
      case "task_type", "column_idx", "loss_weight": values[key.key] = key.value
      default: ignored.append("\(spot): \(key.key) means nothing here and is left out")
      }
    }
    let type = values["task_type"]?.scalarText ?? ""
    guard let index = values["column_idx"] else {
      throw Failure(.usage, "\(spot): has no column_idx")
    }
    let column = try column(index, "\(spot): column_idx")
    var task: RecipeTask
    switch type {
    case "seq": task = RecipeTask(name: entry.key, column: .index(column), labels: .plain)
    case "seq_bio": task = RecipeTask(name: entry.key, column: .index(column), labels: .spans)
    case "classification" where words == nil:
      task = RecipeTask(name: entry.key, column: .text(column: String(column)))
    default:
      throw Failure(
        .usage,
        "\(spot): task_type \(type): tasks here are seq, seq_bio, and classification of texts")
    }
    if words == nil, type != "classification" {
      throw Failure(.usage, "\(spot): task_type \(type): the dataset has no word_idx")
    }
    task.wordColumn = words
    return (task, values["loss_weight"])
  }

  private func column(_ value: RecipeValue, _ spot: String) throws -> Int {
    guard let column = value.scalarText.flatMap(Int.init), (0...999).contains(column) else {
      throw Failure(.usage, "\(spot) \(value.shown): must be a column from 0 to 999")
    }
    return column
  }

  /// The options with their values; files stand above the tasks where all have the same.
  private func settings(_ name: String) throws -> [(key: String, value: RecipeValue)] {
    var tasks = entries.map(\.task)
    var settings: [(key: String, value: RecipeValue)] = []
    let first = tasks[0]
    if tasks.allSatisfy({
      $0.train == first.train && $0.dev == first.dev && $0.test == first.test
        && $0.wordColumn == first.wordColumn
    }) {
      for (key, files) in [("train", first.train), ("dev", first.dev), ("test", first.test)]
      where !files.isEmpty {
        settings.append((key, .list(files.map { .text($0) })))
      }
      if let column = first.wordColumn { settings.append(("word-column", .number(Double(column)))) }
      for index in tasks.indices {
        (tasks[index].train, tasks[index].dev, tasks[index].test) = ([], [], [])
        tasks[index].wordColumn = nil
      }
    }
    settings.append(("tasks", RecipeTask.value(tasks)))
    if let textColumn { settings.append(("text-column", .text(textColumn))) }
    let weights = entries.compactMap { entry in
      entry.weight?.scalarText.map { "\(entry.task.name)=\($0)" }
    }
    if !weights.isEmpty {
      settings.append(("loss-weights", .text(weights.joined(separator: ","))))
    }
    return settings
  }
}
