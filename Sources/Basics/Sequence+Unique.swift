extension Sequence where Element: Hashable {
  /// The elements without repetitions, in the order of their first appearance.
  package func uniqued() -> [Element] {
    var seen = Set<Element>()
    return filter { seen.insert($0).inserted }
  }
}

extension Sequence {
  /// The first key that two elements have in common.
  package func firstDuplicate<Key: Hashable>(by key: (Element) -> Key) -> Key? {
    var seen: Set<Key> = []
    for element in self where !seen.insert(key(element)).inserted { return key(element) }
    return nil
  }
}
