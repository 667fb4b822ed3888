/// A corpus seen through a vocabulary: what its tasks share.
///
/// Everything is per written form, so a token costs one index. Copies share their storage.
public struct EncodedCorpus: Sendable {
  /// The sentences.
  public let corpus: Corpus
  /// What the ids refer to.
  public let vocabulary: Vocabulary
  /// Word id of every written form, 0 if its lower-cased word is unseen in training.
  public let formWords: [Int32]
  /// Where the characters of form f start in `formCharacters`; one more than there are forms.
  let formStarts: [Int32]
  /// Character ids of all forms, one after the other.
  let formCharacters: [Int32]

  /// Looks up the words and characters of `corpus` in `vocabulary`.
  public init(_ corpus: Corpus, _ vocabulary: Vocabulary) {
    self.corpus = corpus
    self.vocabulary = vocabulary
    var words: [Int32] = []
    var starts: [Int32] = [0]
    var characters: [Int32] = []
    for form in corpus.forms.strings {
      words.append(vocabulary.id(ofWord: Vocabulary.word(of: form)))
      for scalar in form.unicodeScalars { characters.append(vocabulary.id(ofCharacter: scalar)) }
      starts.append(Int32(characters.count))
    }
    formWords = words
    formStarts = starts
    formCharacters = characters
  }

  /// The word id of token `token`, 0 if its word was unseen in training.
  package func word(of token: Int) -> Int32 { formWords[Int(corpus.tokens[token])] }

  /// Whether the word of token `token` was unseen in training.
  public func isUnknown(_ token: Int) -> Bool {
    word(of: token) == 0
  }
}
