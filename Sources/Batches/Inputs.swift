/// What the rows of a batch hold: words with their characters, feature vectors, or both.
///
/// Shapes: N rows, F distinct written forms, D features.
public struct Inputs: Sendable {
  /// Word id of every row, 0 for unknown; N of them, or none where the rows are no words.
  public let words: [Int32]
  /// Every row's written form, an index into the batch's distinct forms; as many as words.
  public let forms: [Int32]
  /// Where form f's characters start in `characters`; F + 1 of them.
  public let formStarts: [Int32]
  /// Character ids of the distinct forms, one after the other, 0 for unknown.
  public let characters: [Int32]
  /// A vector for every row, row-major [N, D]; empty where there are none.
  public let features: [Float]

  /// Inputs of words, of feature vectors, or of both.
  public init(
    words: [Int32] = [], forms: [Int32] = [], formStarts: [Int32] = [0],
    characters: [Int32] = [], features: [Float] = []
  ) {
    precondition(forms.count == words.count)
    self.words = words
    self.forms = forms
    self.formStarts = formStarts
    self.characters = characters
    self.features = features
  }

  /// F.
  public var formCount: Int { formStarts.count - 1 }
}
