import Basics

/// A vector for every token of a corpus, or for every example that is no text.
public struct FeatureTable: Sendable {
  /// The tensor that holds the vectors in a safetensors file.
  static let tensor = "features"
  /// The most numbers of a vector, and of all vectors of a file.
  static let longest = 1 << 16
  private static let largest = 1 << 30

  /// D.
  public let dimension: Int
  /// Row-major [N, D].
  public private(set) var values: [Float]

  /// N.
  var rowCount: Int { values.count / dimension }

  /// Reads the tensor `features` [N, D] of `file`.
  ///
  /// - Throws: `Failure` of kind `badData` with file, tensor and, for a number that is not finite,
  ///   row (from 0), if it is not there, no F32 matrix, empty, or too large.
  init(_ file: SafeTensors) throws {
    let entry = try file.require(Self.tensor, dimensions: 2)
    guard entry.type == .f32 else {
      throw file.refuse(Self.tensor, "is \(entry.type.rawValue), F32 is needed")
    }
    guard entry.count > 0 else { throw file.refuse(Self.tensor, "is empty: \(entry.shape)") }
    guard entry.shape[1] <= Self.longest, entry.count <= Self.largest else {
      throw file.refuse(
        Self.tensor,
        "is too large: \(entry.shape); rows have at most \(Self.longest) numbers, files "
          + "\(Self.largest)")
    }
    dimension = entry.shape[1]
    values = try file.finiteFloats(entry)
  }

  private init(dimension: Int, values: [Float]) {
    self.dimension = dimension
    self.values = values
  }

  /// Appends the vectors of `other`, which are as long.
  mutating func append(_ other: FeatureTable) {
    precondition(other.dimension == dimension)
    values += other.values
  }

  /// Hands the bytes of the vectors of `rows` to `body`.
  func withBytes(ofRows rows: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
    values[rows.lowerBound * dimension..<rows.upperBound * dimension].withUnsafeBytes(body)
  }

  /// The vectors of the rows in `ranges`, one range after the other.
  func choosing(_ ranges: [Range<Int>]) -> FeatureTable {
    FeatureTable(
      dimension: dimension,
      values: ranges.flatMap { values[$0.lowerBound * dimension..<$0.upperBound * dimension] })
  }
}

extension Corpus {
  /// Reads a feature vector for every token of the corpus, from a safetensors file for each of its
  /// files in their order: `features` [tokens, D], rows as the tokens stand there.
  ///
  /// - Throws: `Failure` of kind `badData` with file and tensor if the rows are not as many as the
  ///   tokens that were read, or their length differs, and what `FeatureTable` throws.
  public mutating func readFeatures(from paths: [String]) throws {
    precondition(paths.count == files.count, "every file has its features")
    var counts = [Int](repeating: 0, count: files.count)
    for (sentence, file) in sentenceFiles.enumerated() {
      counts[Int(file)] += length(ofSentence: sentence)
    }
    var all: FeatureTable?
    for (index, path) in paths.enumerated() {
      let file = try SafeTensors(contentsOf: path)
      let table = try FeatureTable(file)
      guard table.rowCount == counts[index] else {
        throw file.refuse(
          FeatureTable.tensor,
          "has \(table.rowCount) rows for the \(counts[index]) tokens of \(files[index])")
      }
      guard let known = all else {
        all = table
        continue
      }
      guard known.dimension == table.dimension else {
        throw file.refuse(
          FeatureTable.tensor,
          "has \(table.dimension) numbers a row, but \(known.dimension) in \(paths[0])")
      }
      all!.append(table)
    }
    features = all
  }
}

extension SafeTensors {
  /// The failure that the tensor `name` cannot be used, and why.
  func refuse(_ name: String, _ reason: String) -> Failure {
    Failure(.badData, "\(path): tensor '\(name)' \(reason)")
  }

  /// The tensor `name`, which has `count` dimensions.
  ///
  /// - Throws: `Failure` of kind `badData` naming the tensors there are, or the shape.
  func require(_ name: String, dimensions count: Int) throws -> Entry {
    guard let entry = entry(name) else {
      let names = tensors.prefix(20).map { "'\($0.name.prefix(40))'" }.joined(separator: ", ")
      throw refuse(name, "is missing; there \(tensors.isEmpty ? "is none" : "are " + names)")
    }
    guard entry.shape.count == count else {
      throw refuse(
        name,
        "has the shape \(entry.shape); \(count == 1 ? "one number" : "one vector") a row is "
          + "needed")
    }
    return entry
  }

  /// The numbers of the F32 tensor `entry`.
  ///
  /// - Throws: `Failure` of kind `badData` naming the first row that is not finite.
  func finiteFloats(_ entry: Entry) throws -> [Float] {
    let values = try floats(entry.name)
    // 0 · x is 0 for every finite number, and nothing else: a sum says whether all are.
    guard values.reduce(0, { $0 + 0 * $1 }).isFinite else {
      let index = values.firstIndex { !$0.isFinite }!
      let row = index / entry.shape.dropFirst().reduce(1, *)
      throw refuse(entry.name, "holds \(values[index]) in row \(row) (from 0)")
    }
    return values
  }
}
