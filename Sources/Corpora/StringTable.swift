import Foundation

/// Distinct byte strings, numbered from 0 in the order they came, held in one arena.
///
/// Strings are told apart by their bytes, never by Unicode equivalence, so that two files that
/// differ stay different. Looking up or adding a string is O(its length); no `String` is made.
public struct StringTable: Sendable {
  /// A place of the hash table.
  private struct Slot {
    /// The string itself if it is short, otherwise its hash; see `key(of:)`.
    var key: UInt64
    /// The string's number, -1 for a free place.
    var id: Int32
  }

  private var bytes: [UInt8] = []
  /// Where string i starts in `bytes`; one more than there are strings.
  private var starts: [Int] = [0]
  /// Open addressing with linear probing, at most half full. The size is a power of two.
  private var slots: [Slot]

  /// Creates an empty table.
  public init() {
    slots = [Slot](repeating: Slot(key: 0, id: -1), count: 64)
  }

  /// Creates the table of `strings`; a repeated string keeps its first number.
  public init(_ strings: some Sequence<String>) {
    self.init()
    for string in strings { intern(string) }
  }

  /// How many distinct strings there are.
  public var count: Int { starts.count - 1 }

  /// String number `id`.
  public subscript(id: Int32) -> String {
    String(decoding: utf8(of: id), as: UTF8.self)
  }

  /// All strings, by number.
  public var strings: [String] { (0..<Int32(count)).map { self[$0] } }

  /// The bytes of string number `id`.
  public func utf8(of id: Int32) -> ArraySlice<UInt8> {
    bytes[starts[Int(id)]..<starts[Int(id) + 1]]
  }

  /// The numbers of all strings by falling `counts`, then by bytes: the same order whatever the
  /// order the strings came in.
  ///
  /// - Parameter counts: one a string, by number.
  package func byFalling(_ counts: [Int]) -> [Int32] {
    precondition(counts.count == count, "one count a string is needed")
    return (0..<Int32(count)).sorted { a, b in
      counts[Int(a)] != counts[Int(b)]
        ? counts[Int(a)] > counts[Int(b)]
        : utf8(of: a).lexicographicallyPrecedes(utf8(of: b))
    }
  }

  /// The number of `string`, which is added if it is new.
  @discardableResult
  public mutating func intern(_ string: String) -> Int32 {
    var string = string
    return string.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
  }

  /// The number of the string with these UTF-8 bytes, which is added if it is new.
  public mutating func intern(_ string: UnsafeRawBufferPointer) -> Int32 {
    let key = Self.key(of: string)
    let slot = find(string, key)
    let known = slots[slot].id
    return known >= 0 ? known : add(string, key, slot)
  }

  /// The numbers of the strings of `other`, by their numbers there; those that are new are added in
  /// that order.
  mutating func intern(all other: StringTable) -> [Int32] {
    (0..<Int32(other.count)).map { id in
      other.utf8(of: id).withUnsafeBytes { intern($0) }
    }
  }

  @inline(never)
  private mutating func add(
    _ string: UnsafeRawBufferPointer, _ key: UInt64, _ slot: Int
  ) -> Int32 {
    precondition(count < Int(Int32.max), "more than 2^31 distinct strings")
    let id = Int32(count)
    bytes.append(contentsOf: string)
    starts.append(bytes.count)
    slots[slot] = Slot(key: key, id: id)
    if 2 * count > slots.count { grow() }
    return id
  }

  /// The number of `string`, or nil if the table does not hold it.
  public func id(of string: String) -> Int32? {
    var string = string
    return string.withUTF8 { id(of: UnsafeRawBufferPointer($0)) }
  }

  /// The number of the string with these UTF-8 bytes, or nil if the table does not hold it.
  public func id(of string: UnsafeRawBufferPointer) -> Int32? {
    let id = slots[find(string, Self.key(of: string))].id
    return id < 0 ? nil : id
  }

  /// The number of the string with these UTF-8 bytes, or nil if the table does not hold it.
  ///
  /// - Parameter room: how many bytes may be read from its start, those that follow it included.
  @inline(__always)
  func id(of string: UnsafeRawBufferPointer, room: Int) -> Int32? {
    guard string.count < 8 && room >= 8 && string.count > 0 else { return id(of: string) }
    // The key is the string, so that most look-ups compare a single number.
    let word = UInt64(littleEndian: string.baseAddress!.loadUnaligned(as: UInt64.self))
    let count = UInt64(truncatingIfNeeded: string.count)
    let key = count << 56 | word & (1 << (8 * count) - 1)
    return slots.withUnsafeBufferPointer { slots in
      var place = Self.place(of: key, among: slots.count)
      while slots[place].id >= 0 {
        if slots[place].key == key { return slots[place].id }
        place = (place + 1) & (slots.count - 1)
      }
      return nil
    }
  }

  /// The place that holds the string, or the free one where it would go.
  private func find(_ string: UnsafeRawBufferPointer, _ key: UInt64) -> Int {
    slots.withUnsafeBufferPointer { slots in
      var place = Self.place(of: key, among: slots.count)
      while slots[place].id >= 0 {
        if slots[place].key == key && (string.count < 8 || holds(string, slots[place].id)) { break }
        place = (place + 1) & (slots.count - 1)
      }
      return place
    }
  }

  private func holds(_ string: UnsafeRawBufferPointer, _ id: Int32) -> Bool {
    let start = starts[Int(id)]
    guard starts[Int(id) + 1] - start == string.count else { return false }
    return bytes.withUnsafeBytes {
      memcmp($0.baseAddress! + start, string.baseAddress!, string.count) == 0
    }
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(key: 0, id: -1), count: 2 * old.count)
    for slot in old where slot.id >= 0 {
      var place = Self.place(of: slot.key, among: slots.count)
      while slots[place].id >= 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = slot
    }
  }

  /// Strings of up to 7 bytes, most words and nearly all labels, are their own key: their length
  /// and bytes. Longer ones have a hash with the highest bit set, which no short one has.
  private static func key(of string: UnsafeRawBufferPointer) -> UInt64 {
    let count = string.count
    let length = UInt64(truncatingIfNeeded: count) << 56
    switch count {
    case 0:
      return 0
    case 1...3:
      // With fewer than three bytes some are taken twice.
      let middle = UInt64(string[count / 2]) << (8 * UInt64(count / 2))
      return length | UInt64(string[0]) | middle
        | UInt64(string[count - 1]) << (8 * UInt64(count - 1))
    case 4...7:
      let first = string.loadUnaligned(as: UInt32.self)
      let last = string.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      return length | UInt64(first) | (UInt64(last) >> (8 * (8 - UInt64(count)))) << 32
    default:
      var hash = length
      for i in stride(from: 0, to: count - 8, by: 8) {
        hash = mix(hash ^ string.loadUnaligned(fromByteOffset: i, as: UInt64.self))
      }
      let last = string.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      return mix(hash ^ last) | 1 << 63
    }
  }

  private static func place(of key: UInt64, among size: Int) -> Int {
    Int(truncatingIfNeeded: mix(key)) & (size - 1)
  }

  private static func mix(_ x: UInt64) -> UInt64 {
    let product = (x ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return product.high ^ product.low
  }
}
