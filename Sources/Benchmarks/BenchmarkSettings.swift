import Basics
import Foundation
import Tensors

/// What `tickets bench` measures, and for how long; lists that are nil have defaults of their own.
public struct BenchmarkSettings: Sendable {
  /// Training, prediction or both.
  public var modes = BenchmarkMode.allCases
  /// Sentences in a batch, B.
  public var batches = [10]
  /// Threads.
  public var threads = [min(2, ProcessInfo.processInfo.activeProcessorCount)]
  /// Densities of random masks; 1 is a network without masks.
  public var densities: [Double]?
  /// How masked products are executed.
  public var executions = MaskedExecution.allCases
  /// H.
  public var hidden: [Int]?
  /// K.
  public var layers: [Int]?
  /// M; tasks of the data are used again if it has fewer.
  public var taskCounts: [Int]?
  /// Tokens of every sentence, for which the data are cut anew.
  public var lengths: [Int]?
  /// Seconds of one measurement.
  public var seconds = 1.0
  /// Measurements of each configuration, all others in between; the median counts.
  public var repeats = 5
  /// Seed of the built-in corpus, the initialisation and random masks.
  public var seed: UInt64 = 1
  /// Whether one list after the other grows from the published network.
  public var isGrowth = false
  /// Whether only the BiLSTM is measured: no embeddings, heads and optimiser.
  public var isBare = false
  /// Whether the parts of a step are timed.
  public var wantsParts = false
  /// Whether tickets take the place of random masks.
  var usesTickets = false

  /// The defaults: about two minutes.
  public init() {}

  /// Takes the value of the option `name` as the command line gives it; lists have commas.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, the value and what is allowed.
  public mutating func set(_ name: String, _ text: String) throws {
    let value = Value(name: name, text: text)
    switch name {
    case "mode": modes = try value.choices()
    case "batch": batches = try value.integers(1...4096)
    case "threads": threads = try value.integers(1...64)
    case "density": densities = try value.densities()
    case "execution": executions = try value.choices()
    case "hidden": hidden = try value.integers(1...4096)
    case "layers": layers = try value.integers(1...16)
    case "tasks-count": taskCounts = try value.integers(1...256)
    case "sentence-length": lengths = try value.integers(1...10_000)
    case "seconds":
      guard let number = Double(text), number > 0, number <= 3600 else {
        throw value.refuse("must be a number above 0 and at most 3600")
      }
      seconds = number
    case "repeats":
      guard let number = Int(text), (1...1000).contains(number) else {
        throw value.refuse("must be a whole number from 1 to 1000")
      }
      repeats = number
    default: preconditionFailure("no option is called \(name)")
    }
  }

  /// An option's text, and how it is read.
  private struct Value {
    let name: String
    let text: String

    private var items: [String] {
      text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func refuse(_ reason: String) -> Failure {
      Failure(.usage, setting: name, value: text.isEmpty ? "''" : text, reason)
    }

    /// Not twice the same: a table with two equal rows says nothing.
    private func distinct<T: Hashable>(_ values: [T]) throws -> [T] {
      guard Set(values).count == values.count else { throw refuse("names a value twice") }
      return values
    }

    func integers(_ range: ClosedRange<Int>) throws -> [Int] {
      try distinct(
        items.map {
          guard let number = Int($0), range.contains(number) else {
            throw refuse(
              "must be whole numbers from \(range.lowerBound) to \(range.upperBound), "
                + "with commas between")
          }
          return number
        })
    }

    func densities() throws -> [Double] {
      try distinct(
        items.map {
          guard let number = Double($0), number > 0, number <= 1 else {
            throw refuse("must be numbers above 0 and at most 1, with commas between")
          }
          return number
        })
    }

    func choices<T: CaseIterable & RawRepresentable & Hashable>() throws -> [T]
    where T.RawValue == String {
      try distinct(
        items.map {
          guard let choice = T(rawValue: $0) else {
            let names = T.allCases.map(\.rawValue).joined(separator: ", ")
            throw refuse("must be among \(names), with commas between")
          }
          return choice
        })
    }
  }
}
