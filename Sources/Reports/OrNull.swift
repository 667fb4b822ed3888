/// A value that may be missing; encoding says so with null, where synthesised encoding of an optional
/// leaves the key out.
@propertyWrapper
public struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
  /// The value, or nil.
  public var wrappedValue: Value?

  /// Creates the value `wrappedValue`.
  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  /// Encodes the value or null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}
