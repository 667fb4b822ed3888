import Conversion
import TestSupport
import Testing

/// Columns of files of CoNLL-2012, of sentences of our own.
@Suite struct OntoNotesTests {
  private let text = """
    #begin document (x/0); part 000
    x 0 0 Ann NNP (TOP(S(NP* - - - A (PERSON* (ARG0* * (1
    x 0 1 Lee NNP *) - - - A *) *) (ARG1*) 1)
    x 0 2 likes VBZ (VP* like 01 1 A * (V*) * -
    x 0 3 Oslo NNP (NP*) - - - A (GPE) (ARG1* * -
    x 0 4 rising VBG (VP*)) rise 01 - A * *) (V*) -
    x 0 5 . . *)) - - - A * * * -

    x 0 0 Yes UH (TOP(INTJ*)) - - - B * -
    #end document

    """

  private func columns(_ text: String, _ list: String) throws -> [String] {
    try lines(ColumnRows(ontoNotes: [source(text)], columns: OntoNotesColumn.list(list)))
  }

  @Test func wordsNamesAndChunks() throws {
    #expect(
      try columns(text, "form,pos,chunk,ner") == [
        "Ann NNP B-NP B-PERSON", "Lee NNP I-NP I-PERSON", "likes VBZ B-VP O",
        "Oslo NNP B-NP B-GPE", "rising VBG B-VP O", ". . O O", "|", "Yes UH B-INTJ O",
      ])
  }

  @Test func aSentenceForEveryPredicate() throws {
    #expect(
      try columns(text, "form,predicate,arguments") == [
        "Ann _ B-ARG0", "Lee _ I-ARG0", "likes like.01 B-V", "Oslo _ B-ARG1", "rising _ I-ARG1",
        ". _ O", "|", "Ann _ O", "Lee _ B-ARG1", "likes _ O", "Oslo _ O", "rising rise.01 B-V",
        ". _ O",
      ])
  }

  @Test(
    arguments: [
      (
        "- - - A *) *) (ARG1*) 1)", "- - - A *) *) 1)",
        "x:3: has 13 columns, the sentence's first line 14"
      ),
      ("x 0 2 likes", "x 0 3 likes", "x:4: word 2 of the sentence (from 0) has the number '3'"),
      (
        "A *) *)", "A * *)",
        "x:5: column 10: a span begins within another, which labels cannot tell"
      ),
      ("A (PERSON* (ARG0*", "A * (ARG0*", "x:3: column 10: ')' closes no span"),
      ("A (GPE) ", "A (GPE* ", "x:5: column 10: the span '(GPE' is not closed"),
      ("A (GPE) ", "A (GPE)) ", "x:5: column 10: '(GPE))' is no part of a span, as in (ORG*)"),
      ("A (GPE) ", "A () ", "x:5: column 10: '(' begins a span without a type"),
      ("*)) - - - A * * * -", "*) - - - A * * * -", "x:2: the sentence's tree is not closed"),
      ("NNP *) -", "NNP *)))) -", "x:3: ')' closes no bracket"),
      ("NNP *) -", "NNP *))) -", "x:4: the sentence's tree ends before this word"),
      ("(VP*)", "VP*)", "x:6: 'VP*))' is no part of a tree, as in (NP*)"),
      (
        "like 01 1 A * (V*)", "like - 1 A * *",
        "x:2: column 11 of the sentence has no predicate (V*), and 1 of its words have a frameset "
          + "for 2 columns of arguments"
      ),
    ])
  func badFiles(part: String, instead: String, message: String) throws {
    let broken = text.replacing(part, with: instead)
    let failure = failure { try columns(broken, "form,chunk,ner,predicate,arguments") }
    #expect(failure?.kind == .badData && failure?.message == message, "\(failure?.message ?? "")")
  }

  @Test func otherBadFiles() throws {
    let none = "x 0 0 Yes UH (TOP(INTJ*)) - - - B * -\n"
    #expect(failure { try columns(none, "arguments") }?.message == "x: holds no predicate")
    #expect(failure { try columns("#begin\n", "form") }?.message == "x: holds no tokens")
    #expect(
      failure { try columns("a b c\n", "form") }?.message
        == "x:1: has 3 columns, of which CoNLL-2012 has 12 or more")
    #expect(failure { try OntoNotesColumn.list("form,head") }?.setting == "columns")
  }
}
