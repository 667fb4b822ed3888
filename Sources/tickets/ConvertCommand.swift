import ArgumentParser
import Basics
import Conversion
import Corpora
import Foundation
import Recipes
import Runs
import Sharing

/// `tickets data convert`: column files of other formats, one subcommand each.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Make column files of other formats, and recipes of other programs' settings.",
    discussion: """
      Columns are separated by tabs, a token a line, an empty line behind every sentence. What is
      wrong with a file is said with its line, and nothing is written then.

      Examples:
        tickets data convert trees wsj_0200.mrg --out chunks.conll
        tickets data convert conllu train.conllu --columns form,upos,deprel --out train.conll
        tickets data convert ontonotes a_gold_conll b_gold_conll --columns form,pos,ner
        tickets data convert spans train.conll --column 3 --from iob1 --to bioes
        tickets data convert machamp datasets.json --out recipe.yaml
      """,
    subcommands: [Trees.self, Universal.self, OntoNotes.self, Spans.self, MaChAmp.self])

  /// Where the result goes.
  struct Result: ParsableArguments {
    @Option(
      help: ArgumentHelp("File for the result (default: standard output)", valueName: "file"),
      completion: .file())
    var out: String?

    /// Checks that the result can be written and is none of the files that are read, then writes what
    /// `convert` makes.
    func write(besides inputs: [String], _ convert: () throws -> Data) throws {
      if let out {
        let place = URL(filePath: out).resolvingSymlinksInPath().path
        if inputs.contains(where: { URL(filePath: $0).resolvingSymlinksInPath().path == place }) {
          throw Failure(.usage, "--out \(out): is a file to convert; name another")
        }
        try RunDirectory.requireWritable(out)
      }
      let data = try convert()
      if let out { try Files.writeResult(data, to: out) } else { try Output.write(data: data) }
    }
  }

  /// `tickets data convert trees`.
  struct Trees: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "trees",
      abstract: "Trees of the Penn Treebank: word, part of speech, base chunk.",
      discussion: """
        Chunks (IOB2) are those of CoNLL-2000: what stands before the head of a phrase, and the
        head. Empty elements are left out.

        Example:
          tickets data convert trees wsj_02*.mrg --out chunks.conll
        """)

    @Argument(help: "Files of trees, - for standard input.", completion: .file()) var files:
      [String]
    @OptionGroup var result: Result

    func run() throws {
      try result.write(besides: files) {
        try ColumnRows(trees: files.map(SourceText.read)).data
      }
    }
  }

  /// `tickets data convert conllu`.
  struct Universal: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "conllu",
      abstract: "CoNLL-U files: the fields that are named.",
      discussion: """
        Columns: form, lemma, upos, xpos, feats, head, deprel, deps, misc; udeprel (without
        subtype); feats.NAME and misc.KEY (the value of a feature or a key, _ without; O without
        where a key's values mark spans); name (PER, LOC, ORG, MISC: the names among the mentions of
        entities that CorefUD brackets in MISC); chunk (of --trees). Multi-word ranges and empty
        nodes are left out.

        Examples:
          tickets data convert conllu train.conllu --columns form,upos,feats.Case
          tickets data convert conllu a.conllu b.conllu --trees a.ptb --trees b.ptb \\
              --columns form,xpos,chunk,name,udeprel --out gum.conll
        """)

    @Argument(help: "CoNLL-U files, - for standard input.", completion: .file()) var files: [String]
    @Option(
      help: ArgumentHelp(
        "Files of the sentences' trees, in their order, repeatable", valueName: "file"),
      completion: .file())
    var trees: [String] = []
    @Option(help: ArgumentHelp("Columns, with commas between", valueName: "list"))
    var columns = "form,upos"
    @OptionGroup var result: Result

    func run() throws {
      try result.write(besides: files + trees) {
        try ColumnRows(
          universal: files.map(SourceText.read), trees: trees.map(SourceText.read),
          columns: UniversalColumn.list(columns)
        ).data
      }
    }
  }

  /// `tickets data convert ontonotes`.
  struct OntoNotes: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ontonotes",
      abstract: "Files of CoNLL-2012 (_conll): the columns that are named.",
      discussion: """
        Columns: form, pos, chunk (of the parse), ner, and of a predicate: predicate (its lemma and
        frameset at its word, _ elsewhere) and arguments. With one of these every sentence stands
        there once for each of its predicates, and those without are left out. Spans are IOB2.

        Examples:
          tickets data convert ontonotes train/*_gold_conll --out train.conll
          tickets data convert ontonotes train/*_gold_conll \\
              --columns form,predicate,arguments --out train.srl
        """)

    @Argument(help: "Files of CoNLL-2012, - for standard input.", completion: .file()) var files:
      [String]
    @Option(help: ArgumentHelp("Columns, with commas between", valueName: "list"))
    var columns = "form,pos,ner"
    @OptionGroup var result: Result

    func run() throws {
      try result.write(besides: files) {
        try ColumnRows(
          ontoNotes: files.map(SourceText.read), columns: OntoNotesColumn.list(columns)
        ).data
      }
    }
  }

  /// `tickets data convert spans`.
  struct Spans: ParsableCommand {
    /// The schemes there are; `bio` is IOB2.
    enum Scheme: String, CaseIterable, ExpressibleByArgument {
      case iob1, bio, bioes, bilou

      var scheme: LabelScheme {
        switch self {
        case .iob1: .iob1
        case .bio: .iob2
        case .bioes: .bioes
        case .bilou: .bilou
        }
      }
    }

    static let configuration = CommandConfiguration(
      commandName: "spans",
      abstract: "Labels of spans in another scheme: iob1, bio (IOB2), bioes, bilou.",
      discussion: """
        Everything but the labels of that column stays as it is. A label that cannot stand where it
        does is an error.

        Example:
          tickets data convert spans eng.train --from iob1 --to bio --out train.conll
        """)

    @Argument(help: "A column file, - for standard input.") var file: String
    @Option(help: ArgumentHelp("Column of the labels, from 0 (default: the last)", valueName: "n"))
    var column: Int?
    @Option(help: ArgumentHelp("Scheme of the file", valueName: "scheme"))
    var from: Scheme
    @Option(help: ArgumentHelp("Scheme of the result", valueName: "scheme"))
    var to: Scheme
    @OptionGroup var result: Result

    func run() throws {
      try result.write(besides: [file]) {
        try SpanLabels.convert(
          SourceText.read(file), column: column, from: from.scheme, to: to.scheme)
      }
    }
  }

  /// `tickets data convert machamp`.
  struct MaChAmp: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "machamp",
      abstract: "Datasets of MaChAmp (JSON): a recipe.",
      discussion: """
        Tasks of the types seq, seq_bio, and classification of texts become tasks of the recipe,
        with their files, columns and loss weights. Keys that mean nothing here are named on
        standard error; what would change the task is an error. Paths start from the current
        folder, as in MaChAmp.

        Example:
          tickets data convert machamp datasets.json --out recipe.yaml
        """)

    @Argument(help: "A JSON file, - for standard input.") var file: String
    @OptionGroup var result: Result

    func run() throws {
      try result.write(besides: [file]) {
        let source = try SourceText.read(file)
        let datasets = try MaChAmpDatasets(
          source.data, named: source.name, knownSharings: Architecture.all.map(\.name))
        for line in datasets.ignored { Exit.complain("warning: \(line)") }
        return Data(datasets.recipe.utf8)
      }
    }
  }
}
