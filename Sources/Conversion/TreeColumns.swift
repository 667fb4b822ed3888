extension ColumnRows {
  /// The trees of files as columns: word, part of speech, chunk (IOB2).
  ///
  /// - Throws: `Failure` of kind `badData` with file and line of a tree that does not close, or of a
  ///   word without a part of speech.
  public init(trees sources: [SourceText]) throws {
    self.init()
    for source in sources {
      for tree in try PennTreeFile.read(source) {
        append(zip(tree.words, tree.chunks).map { [$0.word, $0.tag, $1] })
      }
    }
  }
}
