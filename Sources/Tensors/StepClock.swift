import Dispatch

/// Tells where the time of a step goes: every moment counts for the part under way, so the parts
/// add up to the whole. For benchmarks; without a clock nothing is timed.
public final class StepClock {
  /// A part of a step: what is worked on, and whether on the way back through it.
  public struct Part: Hashable, Sendable {
    /// What is worked on.
    public let name: String
    /// Whether gradients are computed.
    public let isBackward: Bool

    /// The part `name`, forward unless said otherwise.
    public init(_ name: String, isBackward: Bool = false) {
      self.name = name
      self.isBackward = isBackward
    }

    /// What no part was named for.
    public static let rest = Part("rest")
  }

  /// Nanoseconds of every part, up to the last change of parts.
  public private(set) var nanoseconds: [Part: UInt64] = [:]
  /// The part under way.
  public private(set) var part = Part.rest
  private var since = DispatchTime.now().uptimeNanoseconds

  /// A clock that runs, on `rest`.
  public init() {}

  /// Forgets everything so far and goes on with `rest`.
  public func restart() {
    nanoseconds.removeAll(keepingCapacity: true)
    part = .rest
    since = DispatchTime.now().uptimeNanoseconds
  }

  /// Counts the time until now for the part under way, and from now on for `next`.
  public func change(to next: Part) {
    let now = DispatchTime.now().uptimeNanoseconds
    nanoseconds[part, default: 0] += now - since
    part = next
    since = now
  }

  /// Counts the time of `body` for `inner`.
  public func during<R>(_ inner: Part, _ body: () throws -> R) rethrows -> R {
    let outer = part
    change(to: inner)
    defer { change(to: outer) }
    return try body()
  }
}

extension StepClock? {
  /// Counts the time of `body` for the part `name` if there is a clock.
  public func during<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    guard let self else { return try body() }
    return try self.during(StepClock.Part(name), body)
  }
}
