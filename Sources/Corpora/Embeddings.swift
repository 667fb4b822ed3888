import Basics
import Foundation

/// Pre-trained word vectors for the words of a vocabulary, out of a file of GloVe, fastText or word2vec.
///
/// Shapes: V words in the vocabulary, D the dimension, K words that the file knows.
public struct Embeddings: Sendable {
  /// How much of a vocabulary the file knows; `unknown` itself is not counted.
  public struct Coverage: Hashable, Codable, Sendable {
    /// Words the file holds as the vocabulary writes them.
    public var exact = 0
    /// Words the file holds with capitals only.
    public var lowerCased = 0
    /// Words the file lacks.
    public var missing = 0
  }

  /// D.
  public let dimension: Int
  /// The ids of the words found, ascending; K of them.
  public let words: [Int32]
  /// Their vectors, row-major [K, D].
  public let vectors: [Float]
  /// How many words were found.
  public let coverage: Coverage

  /// Reads the vectors of the vocabulary's words from the file at `path`.
  ///
  /// A line holds a word and its values, separated by blanks; a first line of two numbers (words,
  /// dimension) is a header, behind which values may be binary (`BinaryVectors`). A word that stands in
  /// the file twice has its first vector. Capitals count only where the file lacks the lower-cased word.
  ///
  /// - Parameter dimension: the dimension wanted (the setting `word-dim`).
  /// - Throws: `Failure` with file and line, or number of the vector, for one that is not a word and
  ///   `dimension` finite numbers, or if the file cannot be read or is empty.
  public init(file path: String, dimension: Int, vocabulary: Vocabulary) throws {
    var reader = VectorReader(path: path, dimension: dimension, vocabulary: vocabulary)
    if let binary = BinaryVectors(path, head: try Self.head(of: path)) {
      guard binary.dimension == dimension else { throw reader.wrongDimension(1, binary.dimension) }
      try binary.forEachVector { try reader.read($0, $1, number: $2) }
    } else {
      try TextLines.forEach(path) { try reader.read($0, line: $1) }
    }
    guard reader.rowCount > 0 else { throw Failure(.badData, "\(path): holds no vectors") }

    self.dimension = dimension
    var words: [Int32] = []
    var vectors: [Float] = []
    var coverage = Coverage()
    for id in 1..<Swift.max(1, vocabulary.words.count) {
      let exact = reader.exactRows[id]
      let row = exact >= 0 ? exact : reader.lowerCasedRows[id]
      if row < 0 {
        coverage.missing += 1
        continue
      }
      if exact >= 0 { coverage.exact += 1 } else { coverage.lowerCased += 1 }
      words.append(Int32(id))
      vectors += reader.values[Int(row) * dimension..<(Int(row) + 1) * dimension]
    }
    self.words = words
    self.vectors = vectors
    self.coverage = coverage
  }

  /// How many values the vectors in the file at `path` have, told by its first line.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` if it begins with no vector.
  package static func dimension(of path: String) throws -> Int {
    let line = try head(of: path).prefix { $0 != 10 }
    if let header = VectorReader.header(line) { return header.dimension }
    let fields = line.split { $0 == 32 || $0 == 9 || $0 == 13 }
    guard fields.count > 2 else {
      throw Failure(
        .badData,
        "\(path):1: expected a word and its values, or how many words and values there are")
    }
    return fields.count - 1
  }

  /// The first bytes of the file at `path`, as many as tell how it is written.
  private static func head(of path: String) throws -> [UInt8] {
    let stream = try PlainStream(path)
    let head = try [UInt8](unsafeUninitializedCapacity: 1 << 17) { bytes, count in
      let buffer = UnsafeMutableRawBufferPointer(bytes)
      while count < buffer.count {
        let got = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        if got == 0 { return }
        count += got
      }
    }
    return head.starts(with: ColumnText.byteOrderMark) ? Array(head.dropFirst(3)) : head
  }

  /// Writes the vectors over the rows of their words.
  ///
  /// - Parameter table: row-major [V, D].
  public func copy(into table: inout [Float]) {
    for (row, word) in words.enumerated() {
      let start = Int(word) * dimension
      table.replaceSubrange(
        start..<start + dimension, with: vectors[row * dimension..<(row + 1) * dimension])
    }
  }
}
