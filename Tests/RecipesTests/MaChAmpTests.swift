import Basics
import Foundation
import Recipes
import TestSupport
import Testing

/// Datasets of MaChAmp as recipes.
@Suite struct MaChAmpTests {
  private func datasets(_ json: String) throws -> MaChAmpDatasets {
    try MaChAmpDatasets(Data(json.utf8), named: "x", knownSharings: sharings)
  }

  /// A dataset of words with one task, from the rest of its keys and its task's.
  private func words(_ keys: String = "", _ task: String = #""task_type": "seq""#) -> String {
    """
    {"A": {"train_data_path": "/a", "dev_data_path": "/b", "word_idx": 0, \(keys)
      "tasks": {"pos": {"column_idx": 1, \(task)}}}}
    """
  }

  @Test func oneDatasetOfWords() throws {
    let json = """
      {"A": {"train_data_path": "/a", "dev_data_path": "/b", "test_data_path": ["/c", "/d"],
        "word_idx": 1, "skip_first_line": false,
        "tasks": {"pos": {"task_type": "seq", "column_idx": 3},
                  "ner": {"task_type": "seq_bio", "column_idx": 2, "loss_weight": 0.5}}}}
      """
    let datasets = try datasets(json)
    #expect(datasets.ignored == [])
    #expect(
      datasets.recipe == """
        train:
        - /a
        dev:
        - /b
        test:
        - /c
        - /d
        word-column: 1
        tasks: pos=3:plain,ner=2:spans
        loss-weights: ner=0.5

        """)
  }

  @Test func severalDatasetsAreTasksWithOwnFiles() throws {
    let scratch = try Scratch()
    let json = """
      {"A": {"train_data_path": "/a", "dev_data_path": "/b", "word_idx": 1,
        "tasks": {"pos": {"task_type": "seq", "column_idx": 3}}},
       "B": {"train_data_path": "/c", "dev_data_path": "/d", "word_idx": 1,
        "tasks": {"pos": {"task_type": "seq", "column_idx": 3}}},
       "C": {"train_data_path": "/e", "dev_data_path": "/f", "sent_idxs": [1],
        "tasks": {"tone": {"task_type": "classification", "column_idx": 0}}}}
      """
    let layer = try RecipeLayer.file(scratch.file("recipe.yaml", datasets(json).recipe))
    let recipe = try Recipe.resolve([layer], knownSharings: sharings)
    #expect(
      recipe.tasks == [
        RecipeTask(
          name: "pos", column: .index(3), labels: .plain, train: ["/a", "/c"], dev: ["/b", "/d"],
          wordColumn: 1),
        RecipeTask(name: "tone", column: .text(column: "0"), train: ["/e"], dev: ["/f"]),
      ])
    #expect(recipe.textColumn == "1")
  }

  @Test(
    arguments: [
      (
        "", #""task_type": "dependency""#,
        "x:1: A: tasks.pos: task_type dependency: tasks here are seq, "
      ),
      ("", #""metric": "f1""#, "x:1: A: tasks.pos: task_type : tasks here are seq, "),
      (
        "", #""task_type": "classification""#,
        "x:1: A: tasks.pos: task_type classification: tasks here are seq, "
      ),
      (
        #""max_sents": 100,"#, #""task_type": "seq""#,
        "x:1: A: max_sents: 100: files are read whole here"
      ),
      (
        #""skip_first_line": true,"#, #""task_type": "seq""#, "x:1: A: skip_first_line: true: files"
      ),
      (
        #""sent_idxs": [0, 1],"#, #""task_type": "seq""#,
        "x:1: A: sent_idxs: 0,1: tasks read one text"
      ),
      (#""max_words": 5, "x": 1,"#, #""task_type": "seq""#, "x:1: A: max_words: 5: files"),
    ])
  func whatWouldChangeATaskIsRefused(keys: String, task: String, message: String) {
    let failure = failure { try datasets(words(keys, task)) }
    #expect(failure?.kind == .usage)
    #expect(failure?.message.hasPrefix(message) == true, "\(failure?.message ?? "")")
  }

  @Test func otherBadConfigurations() {
    func message(_ json: String) -> String { failure { try datasets(json) }?.message ?? "" }
    #expect(message("{}") == "x: names no dataset with a task")
    #expect(message(#"{"A": 1}"#) == "x:1: A: must be a dataset, an object with 'tasks'")
    #expect(message("{").contains(": is not YAML ("))
    #expect(message(#"{"A": {"tasks": {"pos": 1}}}"#).hasSuffix("an object with 'task_type'"))
    #expect(
      message(#"{"A": {"tasks": {"pos": {"task_type": "seq", "column_idx": 1}}}}"#)
        == "x:1: A: tasks.pos: task_type seq: the dataset has no word_idx")
    #expect(
      message(#"{"A": {"word_idx": 0, "tasks": {"pos": {"task_type": "seq"}}}}"#)
        == "x:1: A: tasks.pos: has no column_idx")
    #expect(
      message(#"{"A": {"word_idx": -1, "tasks": {}}}"#)
        == "x:1: A: word_idx -1: must be a column from 0 to 999")
    // A column of words, and a task that two datasets have with different columns.
    #expect(
      message(words().replacing(#""column_idx": 1"#, with: #""column_idx": 0"#))
        .contains("column 0 holds the words"))
    let two =
      words().dropLast() + ","
      + words().dropFirst().replacing(#""A""#, with: #""B""#)
      .replacing(#""column_idx": 1"#, with: #""column_idx": 2"#)
    #expect(message(String(two)).contains("the dataset A has a task of this name"))
  }
}
