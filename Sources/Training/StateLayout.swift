import Basics
import Tensors

/// One list of numbers that an optimiser or a method keeps between epochs, as a checkpoint has it.
public struct StateTensor: Sendable {
  /// Which numbers can be in it; all are finite.
  public enum Numbers: Sendable {
    /// Any.
    case any
    /// 0 or more.
    case notNegative
    /// Whole numbers of steps.
    case steps

    func contains(_ number: Float) -> Bool {
      switch self {
      case .any: number.isFinite
      case .notNegative: number.isFinite && number >= 0
      // Floats hold whole numbers exactly up to there, and no training comes near.
      case .steps: (0...Self.mostSteps).contains(number) && number.rounded() == number
      }
    }

    private static let mostSteps: Float = 16_777_216
  }

  let name: String
  let count: Int
  let numbers: Numbers

  /// `count` numbers called `name`.
  public init(_ name: String, count: Int, _ numbers: Numbers = .any) {
    self.name = name
    self.count = count
    self.numbers = numbers
  }

  /// A number for every element of `parameter`, under `kind` and its name.
  init(_ kind: String, of parameter: Parameter, _ numbers: Numbers = .any) {
    self.init("\(kind).\(parameter.name)", count: parameter.elementCount, numbers)
  }

  /// What stands before its name in a file.
  static let prefix = "optimizer."
}

extension SafeTensors {
  /// Checks that the file holds no other state than `layout` has, that lists of one group are there
  /// together or not at all, and that each is as long and holds such numbers as it should.
  ///
  /// - Parameter others: names of tensors that are no state.
  /// - Throws: `Failure` of kind `badData` naming the tensor.
  func requireState(_ layout: [[StateTensor]], besides others: Set<String> = []) throws {
    var known = others
    for group in layout {
      let names = group.map { StateTensor.prefix + $0.name }
      known.formUnion(names)
      guard names.contains(where: { entry($0) != nil }) else { continue }
      for (name, list) in zip(names, group) {
        guard let entry = entry(name) else { throw damage(name, "is missing") }
        guard entry.count == list.count else {
          throw damage(name, "has \(entry.count) values, not \(list.count)")
        }
        if let bad = try floats(name).first(where: { !list.numbers.contains($0) }) {
          throw damage(name, "has the value \(bad), which cannot be")
        }
      }
    }
    if let foreign = tensors.first(where: { !known.contains($0.name) }) {
      throw damage(foreign.name, "is of another network or method")
    }
  }

  fileprivate func damage(_ name: String, _ problem: String) -> Failure {
    Failure(.badData, "\(path): tensor \(name) \(problem)")
  }
}
