import Foundation
import TestSupport
import Testing

/// Help as it stands on a terminal: every screen there is, found by way of the screens themselves.
@Suite(.timeLimit(.minutes(10))) struct HelpTests {
  /// The screen of `command`, several words for a subcommand's subcommand, `width` columns wide.
  private func help(_ command: String, width: Int = 80) throws -> String {
    let outcome = try shell("COLUMNS=\(width) \"$0\" help \(command)")
    #expect(outcome.code == 0 && outcome.errors == "", "\(command): \(outcome.errors)")
    return outcome.output
  }

  /// The subcommands that the screen `text` lists.
  private func subcommands(_ text: String) -> [String] {
    let list = text.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first ?? ""
    return list.matches(of: #/(?m)^  ([a-z]+) /#).map { String($0.1) }
  }

  /// Every command that is no group of others, of those below `group`.
  private func commands(below group: String = "") throws -> [String] {
    let inner = subcommands(try help(group))
    return inner.isEmpty
      ? [group] : try inner.flatMap { try commands(below: group.isEmpty ? $0 : "\(group) \($0)") }
  }

  @Test func everyCommandIsListed() throws {
    let commands = try commands()
    #expect(commands.count > 20)
    #expect(
      Set(["run", "prune", "data check", "data convert spans", "bench"]).isSubset(of: commands))
  }

  @Test(arguments: [80, 60, 40]) func noLineIsWiderThanTheTerminal(width: Int) throws {
    for command in try [""] + commands() {
      let lines = try help(command, width: width).split(separator: "\n")
      let wide = lines.filter { $0.count > width }
      #expect(wide.isEmpty, "\(command): \(wide)")
    }
  }

  /// What is broken differently at another width is still said, word by word.
  @Test func narrowHelpSaysTheSame() throws {
    let words = { (text: String) -> String in text.filter { !$0.isWhitespace && $0 != "\\" } }
    for command in try commands() {
      #expect(words(try help(command, width: 40)) == words(try help(command, width: 100)))
    }
  }

  @Test func paragraphsAndOptionsFlow() throws {
    let text = try help("overlap", width: 40)
    #expect(text.contains("\n  --svg <file>\n      Draw the ratios of all pairs\n"))
    #expect(
      text.contains(
        "\n  tickets overlap pos.ticket \\\n      ner.ticket --csv > overlap.csv\n"))
    #expect(
      text.contains(
        "\nThe overlap ratio is the number of\nweights alive in all tickets over the\n"))
    #expect(
      try help("overlap").contains("\n  --svg <file>            Draw the ratios of all pairs\n"))
  }

  /// Without a shell that says so, a pipe has 80 columns.
  @Test func pipesHave80Columns() throws {
    #expect(try tickets(["help", "run"]).output == help("run"))
  }

  /// Examples are called as they stand, but in an empty folder, or with a value that ends the command
  /// once its options are understood.
  @Test func everyCommandHasExamplesThatParse() throws {
    let scratch = try Scratch()
    for name in ["words.txt", "texts.txt"] { try scratch.file(name, "") }
    for command in try [""] + commands() {
      let examples = try help(command, width: 100)
        .matches(of: /(?m)^  tickets (?:.*\\\n)*.*$/).map { String($0.output) }
      #expect(!examples.isEmpty, "\(command)")
      for example in examples {
        let called = example.split(separator: " ")[1]
        let stop =
          called == "bench"
          ? "--seconds 0"
          : try help(String(called)).contains("\n  --jobs ")
            ? "--jobs 0" : ""
        let line = example.trimmingCharacters(in: .whitespaces).dropFirst("tickets".count)
        let outcome = try shell("cd '\(scratch.path)'; \"$0\"\(line) \(stop)")
        if stop.isEmpty {
          #expect([0, 66].contains(outcome.code), "\(example): \(outcome.errors)")
        } else {
          #expect(
            outcome.errors.hasPrefix("tickets: \(stop): must be"), "\(example): \(outcome.errors)")
        }
      }
    }
  }

  /// Of the options of others a discussion speaks in commands only.
  @Test func noDiscussionSpeaksOfOptionsThatTheCommandLacks() throws {
    for command in try commands() {
      let text = try help(command)
      let options = Set(text.matches(of: /(?m)^  (?:-h, )?(--[a-z-]+)/).map { String($0.1) })
      let discussion = text.components(separatedBy: "\nUSAGE:")[0]
        .split(separator: "\n").filter { !$0.hasPrefix(" ") }.joined(separator: "\n")
      for option in discussion.matches(of: /--[a-z-]+/) {
        #expect(options.contains(String(option.output)), "\(command): \(option.output)")
      }
    }
  }

  @Test func completionsAreLeftAsTheyAre() throws {
    let script = try tickets(["--generate-completion-script", "bash"])
    #expect(script.code == 0 && script.output.contains("complete "))
  }
}
