import Basics
import Conversion
import Foundation
import TestSupport
import Testing

/// Columns of CoNLL-U files.
@Suite struct UniversalTests {
  /// A sentence: form, XPOS, head, relation, MISC of each word.
  private func conllu(_ words: (String, String, Int, String, String)...) -> String {
    words.enumerated().map { index, word in
      "\(index + 1)\t\(word.0)\t_\tX\t\(word.1)\t_\t\(word.2)\t\(word.3)\t_\t\(word.4)\n"
    }.joined() + "\n"
  }

  private func columns(
    _ text: String, _ list: String, trees: String? = nil
  ) throws -> [String] {
    try lines(
      ColumnRows(
        universal: [source(text)],
        trees: trees.map { [SourceText(Data($0.utf8), named: "t")] } ?? [],
        columns: UniversalColumn.list(list)))
  }

  @Test func fieldsFeaturesAndKeys() throws {
    let text = """
      # sent_id = 1
      1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
      1\tde\tde\tADP\tP\t_\t3\tcase\t_\tNER=B-LOC|X=1
      2\tle\tle\tDET\tD\tCase=Nom|Number=Sing\t3\tdet:x\t_\tMyX=7
      2.1\tnul\t_\t_\t_\t_\t_\t_\t_\t_

      1\tA b\tab\tX\tY\tNumber=Plur\t0\troot\t_\t_

      """
    #expect(
      try columns(text, "form,lemma,upos,xpos,head,deprel,udeprel,feats,feats.Number")
        == [
          "de de ADP P 3 case case _ _", "le le DET D 3 det:x det Case=Nom|Number=Sing Sing", "|",
          "A b ab X Y 0 root root Number=Plur Plur",
        ])
    #expect(
      try columns(text, "form,misc.NER,misc.X") == ["de B-LOC 1", "le O _", "|", "A b O _"])
  }

  @Test func namesAreFoundAmongMentions() throws {
    let bank = conllu(
      ("President", "NNP", 2, "nmod:desc", "Entity=(1-person-new"),
      ("Ann", "NNP", 7, "nsubj", "_"), ("Lee", "NNP", 2, "flat", "_"),
      (",", ",", 6, "punct", "_"), ("her", "PRP$", 6, "nmod:poss", "_"),
      ("boss", "NN", 2, "appos", "Entity=1)"), ("joined", "VBD", 0, "root", "_"),
      ("the", "DT", 9, "det", "Entity=(2-organization-new"), ("Bank", "NNP", 7, "obj", "_"),
      ("of", "IN", 11, "case", "_"), ("Norway", "NNP", 9, "nmod", "Entity=(3-place-new)2)"),
      ("on", "IN", 14, "case", "_"), ("May", "NNP", 14, "compound", "Entity=(4-time-new"),
      ("8", "CD", 7, "obl", "Entity=4)"), (",", ",", 16, "punct", "_"),
      ("2020", "CD", 14, "nmod:unmarked", "_"))
    #expect(
      try columns(bank, "name") == [
        "O", "B-PER", "I-PER", "O", "O", "O", "O", "O", "B-ORG", "I-ORG", "I-ORG", "O", "B-MISC",
        "I-MISC", "O", "O",
      ])
    // A person's place is no part of the name; conjuncts of the head are, below an attribute not.
    let king = conllu(
      ("King", "NNP", 0, "root", "Entity=(1-person-new"), ("of", "IN", 3, "case", "_"),
      ("Spain", "NNP", 1, "nmod", "Entity=(2-place-new)1)"))
    #expect(try columns(king, "name") == ["B-PER", "O", "B-LOC"])
    let board = conllu(
      ("Board", "NNP", 0, "root", "Entity=(1-organization-new"), ("of", "IN", 3, "case", "_"),
      ("Norway", "NNP", 1, "nmod", "Entity=(2-place-new)"), ("and", "CC", 5, "cc", "_"),
      ("Spain", "NNP", 3, "conj", "Entity=(3-place-new)1)"), ("for", "IN", 7, "case", "_"),
      ("Art", "NNP", 1, "nmod", "Entity=(4-event-new"), ("&", "CC", 9, "cc", "_"),
      ("Play", "NNP", 7, "conj", "Entity=4)"))
    #expect(
      try columns(board, "name") == [
        "B-ORG", "I-ORG", "I-ORG", "O", "B-LOC", "O", "B-MISC", "I-MISC", "I-MISC",
      ])
    // No name: a common noun, and a number that belongs to none.
    let none = conllu(
      ("man", "NN", 0, "root", "Entity=(1-person-new)"),
      ("8", "CD", 1, "nmod", "Entity=(2-time-new)"))
    #expect(try columns(none, "name") == ["O", "O"])
    // The shortest mention decides the type.
    let twice = conllu(
      ("the", "DT", 2, "det", "Entity=(1-object-new"),
      ("Ark", "NNP", 0, "root", "Entity=(2-place-new)1)"))
    #expect(try columns(twice, "name") == ["O", "B-LOC"])
  }

  @Test func chunksComeFromTrees() throws {
    let text = conllu(("The", "DT", 2, "det", "_"), ("dog", "NN", 0, "root", "_"))
    #expect(
      try columns(text, "form,chunk,xpos", trees: "(NP (DT The) (NN dog))")
        == ["The B-NP DT", "dog I-NP NN"])
    for (trees, message) in [
      ("(NP (DT The) (NN cat))", "x:2: the word is 'dog', in the tree 'cat' (t:1)"),
      ("(NP (DT The))", "x:1: the sentence has 2 words, its tree 1 (t:1)"),
      (
        "(NP (DT The) (NN dog))\n(NP (NN dog))",
        "t:2: there is no sentence for this tree and those behind it"
      ),
    ] {
      #expect(failure { try columns(text, "chunk", trees: trees) }?.message == message)
    }
    #expect(
      failure { try columns(text + text, "chunk", trees: "(NP (DT The) (NN dog))") }?.message
        == "x:4: there is no tree for this sentence and those behind it")
    #expect(
      failure { try columns(text, "chunk") }?.message
        == "trees: missing; the column chunk is made of trees")
    #expect(
      failure { try columns(text, "form", trees: "(NP (DT The) (NN dog))") }?.message
        == "trees: needed for the column chunk only")
  }

  @Test(
    arguments: [
      ("a b c\n", "form", "x: has 3 columns; a CoNLL-U file has ten, separated by tabs"),
      ("", "form", "x: holds no tokens"),
      (
        "1\ta\t_\t_\t_\t_\t0\t_\t_\t_\n2\tb\t_\t_\t0\t_\t_\t_\n", "form",
        "x:2: expected 10 columns, found 8"
      ),
      (
        "1\ta\t_\t_\t_\t_\t0\t_\t_\t_\n3\tb\t_\t_\t_\t_\t1\t_\t_\t_\n", "form",
        "x:2: word 2 of the sentence has the number '3'"
      ),
      ("1\ta\t_\t_\t_\t_\t2\t_\t_\t_\n", "name", "x:1: the head '2' is no word of the sentence"),
      (
        "1\ta\t_\t_\t_\t_\t0\t_\t_\tEntity=(1-x\n", "name",
        "x:1: Entity: the mention '(1' is not closed in its sentence"
      ),
      ("1\ta\t_\t_\t_\t_\t0\t_\t_\tEntity=1)\n", "name", "x:1: Entity: '1)' closes no mention"),
      (
        "1\ta\t_\t_\t_\t_\t0\t_\t_\tEntity=(1)\n", "name",
        "x:1: Entity: '(1)' has no type behind a hyphen, as in (1-person"
      ),
    ])
  func badFiles(text: String, list: String, message: String) throws {
    let failure = failure { try columns(text, list) }
    #expect(failure?.kind == .badData && failure?.message == message, "\(failure?.message ?? "")")
  }

  @Test func badColumns() {
    for list in ["", "form,", "froms", "feats.", "form,form"] {
      let failure = failure { try UniversalColumn.list(list) }
      #expect(failure?.kind == .usage && failure?.setting == "columns", "\(list)")
    }
  }
}
