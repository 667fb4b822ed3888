import Conversion
import TestSupport
import Testing

/// Chunks of trees, each sentence by hand from the rules in the module's README.
@Suite struct ChunkTests {
  /// Words and labels of the tree as one line: `the/B-NP dog/I-NP`.
  private func chunks(_ tree: String) throws -> String {
    let tree = try #require(try PennTreeFile.read(source(tree)).first)
    return zip(tree.words, tree.chunks).map { "\($0.word)/\($1)" }.joined(separator: " ")
  }

  @Test func nounPhrasesReachUpToTheirHeads() throws {
    #expect(
      try chunks(
        "(S (NP (DT the) (ADJP (RB very) (JJ old)) (NN dog) (PP (IN of) (NP (PRP$ my) (NN aunt))))"
          + " (VP (VBZ barks)) (. .))")
        == "the/B-NP very/I-NP old/I-NP dog/I-NP of/B-PP my/B-NP aunt/I-NP barks/B-VP ./O")
    #expect(
      try chunks("(NP (NP (NN bread)) (, ,) (NP (NN milk)) (CC and) (NP (JJ fresh) (NN butter)))")
        == "bread/B-NP ,/O milk/B-NP and/O fresh/B-NP butter/I-NP")
    #expect(
      try chunks("(NP (NN bread) (CC and) (NN butter))") == "bread/B-NP and/I-NP butter/I-NP")
    #expect(
      try chunks("(NP (NP (PRP$ my) (NN aunt) (POS 's)) (JJ old) (NN dog))")
        == "my/B-NP aunt/I-NP 's/B-NP old/I-NP dog/I-NP")
    #expect(
      try chunks("(NP (NP (NP (DT the) (NN end)) (PP (IN of) (NP (NNP May))) (POS 's)) (NN fair))")
        == "the/B-NP end/I-NP of/B-PP May/B-NP 's/B-NP fair/I-NP")
    #expect(try chunks("(NP (NN something) (JJ new))") == "something/B-NP new/B-ADJP")
    #expect(try chunks("(NP (DT each) (JJ other))") == "each/B-NP other/I-NP")
    #expect(
      try chunks("(NP (QP (RB about) (NN half)) (RB as) (JJ much))")
        == "about/B-NP half/I-NP as/O much/B-ADJP")
    #expect(
      try chunks("(NP (QP (IN at) (JJS least) (CD two)) (NNS dogs))")
        == "at/B-NP least/I-NP two/I-NP dogs/I-NP")
    #expect(try chunks("(NP (NP (PRP we)) (DT all))") == "we/B-NP all/B-NP")
    #expect(
      try chunks("(NP (PDT both) (NP (DT a) (NN cat)) (CC and) (NP (DT a) (NN dog)))")
        == "both/B-NP a/B-NP cat/I-NP and/O a/B-NP dog/I-NP")
    #expect(try chunks("(NP (DT the) (NN word) (VB go))") == "the/B-NP word/I-NP go/O")
    #expect(
      try chunks("(ADVP (X (DT no) (NN matter)) (NP (DT the) (NN way)))")
        == "no/B-NP matter/I-NP the/B-NP way/I-NP")
    #expect(
      try chunks("(FRAG (NNP Dr.) (NNP Lee) (, ,) (NP (NN tea)))")
        == "Dr./B-NP Lee/I-NP ,/O tea/B-NP")
  }

  @Test func verbsFormOneChunkWhileNothingStandsBetween() throws {
    #expect(
      try chunks(
        "(S (NP (PRP she)) (VP (MD may) (RB not) (VP (VB have) (VP (ADVP (RB really)) (VBN wanted)"
          + " (S (NP-SBJ-1 (-NONE- *)) (VP (TO to) (VP (VB go))))))))")
        == "she/B-NP may/B-VP not/I-VP have/I-VP really/I-VP wanted/I-VP to/I-VP go/I-VP")
    // A clause with a function, one with a subject, and one behind `be` are others.
    #expect(
      try chunks("(VP (VBD ran) (S-PRP (VP (TO to) (VP (VB win)))))")
        == "ran/B-VP to/B-VP win/I-VP")
    #expect(
      try chunks("(VP (VBD told) (NP (PRP him)) (S (VP (TO to) (VP (VB go)))))")
        == "told/B-VP him/B-NP to/B-VP go/I-VP")
    #expect(
      try chunks("(S (NP (NN plan)) (VP (VBZ is) (S (VP (TO to) (VP (VB win))))))")
        == "plan/B-NP is/B-VP to/B-VP win/I-VP")
    #expect(
      try chunks("(VP (VBD wanted) (S-2 (VP (TO to) (VP (VB win)))))")
        == "wanted/B-VP to/I-VP win/I-VP")
    #expect(
      try chunks("(VP (TO to) (VP (VB eat) (CC or) (VB drink) (NP (PRP it))))")
        == "to/B-VP eat/I-VP or/I-VP drink/I-VP it/B-NP")
    #expect(
      try chunks("(VP (VBN chosen) (S (RB not) (VP (TO to) (VP (VB go)))))")
        == "chosen/B-VP not/O to/B-VP go/I-VP")
    // The first of several verb phrases goes on with the auxiliary, adverbs behind verbs do not.
    #expect(
      try chunks(
        "(VP (MD will) (VP (VP (VB come)) (CC and) (VP (RB not) (VB stay) (ADVP (RB long)))))")
        == "will/B-VP come/I-VP and/O not/B-VP stay/I-VP long/B-ADVP")
    #expect(
      try chunks("(S (NP (PRP I)) (VP (VBP am) (RB not) (ADJP (JJ able))))")
        == "I/B-NP am/B-VP not/O able/B-ADJP")
    #expect(
      try chunks("(VP (VBD went) (PRT (RP out)) (`` \") (VP (VB x)))")
        == "went/B-VP out/B-PRT \"/O x/B-VP")
    #expect(
      try chunks("(VP (TO to) (`` \") (VP (VB win)))") == "to/B-VP \"/I-VP win/I-VP")
    // An auxiliary before its subject.
    #expect(
      try chunks("(SQ (VBZ does) (NP (PRP it)) (VP (VB work)) (. ?))")
        == "does/O it/B-NP work/B-VP ?/O")
  }

  @Test func otherPhrases() throws {
    #expect(
      try chunks("(SBAR (IN even) (IN if) (S (NP (PRP it)) (VP (VBZ rains))))")
        == "even/B-SBAR if/I-SBAR it/B-NP rains/B-VP")
    #expect(
      try chunks("(PP (ADVP (RB shortly)) (IN before) (NP (NN noon)))")
        == "shortly/B-PP before/I-PP noon/B-NP")
    #expect(
      try chunks("(PP (VBG according) (PP (IN to) (NP (PRP us))))")
        == "according/B-PP to/B-PP us/B-NP")
    #expect(
      try chunks("(ADJP (RB so) (JJ big) (SBAR (IN that) (S (NP (PRP it)) (VP (VBD broke)))))")
        == "so/B-ADJP big/I-ADJP that/B-SBAR it/B-NP broke/B-VP")
    #expect(
      try chunks("(NP (NP (NN tea)) (CONJP (RB instead) (IN of)) (NP (NN milk)))")
        == "tea/B-NP instead/B-CONJP of/I-CONJP milk/B-NP")
    #expect(
      try chunks("(NP (NP (NN tea)) (CONJP (CC but) (RB also)) (NP (NN milk)))")
        == "tea/B-NP but/B-CONJP also/I-CONJP milk/B-NP")
    #expect(
      try chunks("(S (INTJ (UH oh) (UH yes)) (, ,) (RB so) (NP (PRP we)) (VP (VBD left)))")
        == "oh/B-INTJ yes/I-INTJ ,/O so/O we/B-NP left/B-VP")
    #expect(
      try chunks(
        "(NP (NP (DT the) (NN man)) (SBAR (WHNP (WP whom)) (S (NP (PRP we)) (VP (VBD met)))))")
        == "the/B-NP man/I-NP whom/B-NP we/B-NP met/B-VP")
  }

  @Test func filesOfTreesBecomeColumns() throws {
    let text = """
      ( (S
          (NP-SBJ (NP (NNP Ann))
             (PRN (-LRB- -LRB-) (NP (CD 3)) (-RRB- -RRB-)))
          (VP (VBD slept) (NP-TMP (-NONE- *T*-1)))
          (. .)))\r
      (X (-NONE- 0))
      (ROOT (FRAG (UH Yes)))
      """
    #expect(
      try lines(ColumnRows(trees: [source(text), source("(NP (NN x))")]))
        == [
          "Ann NNP B-NP", "( -LRB- O", "3 CD B-NP", ") -RRB- O", "slept VBD B-VP", ". . O", "|",
          "Yes UH O", "|", "x NN B-NP",
        ])
  }

  @Test(
    arguments: [
      ("(S (NP (NN x)\n(VP (VBD y)))\n", "x:1: the tree that begins here is not closed"),
      ("\n(S (NN x)))\n(S (NN y))", "x:2: ')' closes no bracket"),
      ("(S (NN x", "x:1: the tree that begins here is not closed"),
      ("(S (NP) (NN x))", "x:1: '(NP)' holds neither a word nor a phrase"),
      ("(S (NN x y))", "x:1: the word 'y' has no part of speech, as in (NN word)"),
      ("(S\n(NN x) y)", "x:2: the word 'y' has no part of speech, as in (NN word)"),
      ("(S (NN x (DT y)))", "x:1: a phrase stands where ')' must follow a word"),
      ("word", "x:1: the word 'word' has no part of speech, as in (NN word)"),
      ("(NN x)", "x:1: the word 'x' is part of no phrase"),
      ("", "x: holds no tree with words"), ("(", "x:1: the tree that begins here is not closed"),
      ("(S (NN \u{0}))", "x:1: the line holds a NUL byte; is it a text file?"),
      (
        String(repeating: "(S ", count: 502) + "(NN x)",
        "x:1: phrases are nested more than 500 deep"
      ),
    ])
  func badTrees(text: String, message: String) throws {
    let failure = failure { try ColumnRows(trees: [source(text)]) }
    #expect(failure?.kind == .badData && failure?.message == message, "\(failure?.message ?? "")")
  }
}
