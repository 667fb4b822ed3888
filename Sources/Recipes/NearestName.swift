/// `; did you mean 'x'?` with the nearest of `names`, or nothing if none is near.
package func didYouMean(_ word: String, among names: [String]) -> String {
  let nearest = names.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
  guard let nearest, nearest.1 <= max(2, word.count / 3) else { return "" }
  return "; did you mean '\(nearest.0)'?"
}

/// The fewest insertions, deletions and substitutions that turn `a` into `b`; long words are cut
/// to 64 characters, since only near names matter.
private func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.prefix(64))
  let b = Array(b.prefix(64))
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
