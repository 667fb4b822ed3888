import Batches

extension [Int32] {
  /// Stops where an index is none of `count` rows: kernels that gather, scatter and convolve by index
  /// look at none, and what they are given may come from files.
  func requireRows(of count: Int) {
    let greatest = withUnsafeBufferPointer { indices in
      indices.reduce(UInt32(0)) { Swift.max($0, UInt32(bitPattern: $1)) }
    }
    precondition(isEmpty || Int(greatest) < count, "an index is none of the \(count) rows")
  }
}

extension Inputs {
  /// Stops where a form's characters are none of an alphabet of `alphabet`, or not where they are said
  /// to stand.
  func requireCharacters(of alphabet: Int) {
    characters.requireRows(of: alphabet)
    precondition(
      formStarts.first == 0 && formStarts.last == Int32(characters.count)
        && zip(formStarts, formStarts.dropFirst()).allSatisfy(<=),
      "the forms are no parts of the characters")
  }
}
