import Basics
import Foundation
import Training

/// What the recipe says about steps of several tasks: how they communicate, or how their gradients
/// are balanced. The defaults are plain steps.
public struct StepOptions: Equatable, Sendable {
  /// Whom a task passes its gradient to.
  public var communicate = StepSettings.Communication.none
  /// η of the fast weights.
  public var passingRate = 0.1
  /// Whether the Hessian takes part.
  public var passing = StepSettings.Passing.secondOrder
  /// β of listwise communication.
  public var passingWeights = Weights.equal
  /// q of measured β.
  public var passingRoot = 1.0
  /// How tasks' losses or gradients are brought together.
  public var balance = StepSettings.Balance.weights

  /// Where β comes from.
  public enum Weights: Equatable, Sendable {
    /// 1 everywhere.
    case equal
    /// Each task's network is scored on every other's dev data.
    case measured
    /// A row a task, a column each task it passes its gradient to; the diagonal does not count.
    case given([[Double]])
  }

  /// Whether β has to be measured before training.
  public var measuresWeights: Bool {
    communicate == .listwise && passingWeights == .measured
  }

  /// What the options mean to training, with β as it was `measured`, if it was.
  func settings(measured: [[Float]]?) -> StepSettings {
    var settings = StepSettings()
    settings.communication = communicate
    settings.passing = passing
    settings.passingRate = Float(passingRate)
    settings.balance = balance
    switch passingWeights {
    case .equal: break
    case .measured: settings.passingWeights = measured
    case .given(let rows): settings.passingWeights = rows.map { $0.map { Float($0) } }
    }
    return settings
  }

  /// Checks the options together, and with the number of `tasks`.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, its value and why it cannot be.
  func validate(tasks: [String]) throws {
    if communicate != .none, balance != .weights {
      throw Failure(
        .usage, setting: "balance", value: balance.rawValue,
        "cannot be combined with communicate \(communicate.rawValue): both say what tasks' gradients "
          + "are made into; leave one of them out")
    }
    for (name, value, isUsed) in [
      ("communicate", communicate.rawValue, communicate != .none),
      ("balance", balance.rawValue, balance != .weights),
    ] where isUsed && tasks.count < 2 {
      throw Failure(
        .usage, setting: name, value: value,
        "needs two tasks or more; there is only \(tasks.joined())")
    }
    if case .given(let rows) = passingWeights,
      rows.count != tasks.count || rows.contains(where: { $0.count != tasks.count })
    {
      throw Failure(
        .usage, setting: "passing-weights", value: PassingWeightsText.text(rows),
        "must have \(tasks.count) rows of \(tasks.count) numbers, one for each of the tasks "
          + tasks.joined(separator: ", "))
    }
  }
}

/// How β is written: rows with ';' between, their numbers with ','.
private enum PassingWeightsText {
  static func text(_ rows: [[Double]]) -> String {
    rows.map { $0.map { RecipeValue.number($0).shown }.joined(separator: ",") }
      .joined(separator: ";")
  }

  static func rows(_ value: RecipeValue) -> [[Double]]? {
    let rows: [[RecipeValue]]
    switch value {
    case .list(let items):
      rows = items.map { if case .list(let numbers) = $0 { numbers } else { [$0] } }
    default:
      rows = (value.scalarText ?? "").split(separator: ";", omittingEmptySubsequences: false)
        .map { row in
          row.split(separator: ",", omittingEmptySubsequences: false).map {
            .text(String($0).trimmingCharacters(in: .whitespaces))
          }
        }
    }
    let numbers = rows.map { $0.compactMap { $0.scalarText.flatMap { Double($0) } } }
    let isWhole = zip(rows, numbers).allSatisfy { $0.count == $1.count }
    return isWhole && numbers.allSatisfy { $0.allSatisfy { (0...1000).contains($0) } }
      ? numbers : nil
  }
}

extension RecipeOption {
  /// The options of methods of a step.
  static let steps: [RecipeOption] = [
    .choice(
      "communicate", .training, \.steps.communicate,
      "Whether a task passes its gradient to another one, or to all, at every step (gradient "
        + "passing)"),
    .number(
      "passing-rate", .training, \.steps.passingRate, from: 0, openBelow: true, upTo: 1000,
      "η, the rate of the step that makes the weights other tasks judge"),
    .choice(
      "passing", .training, \.steps.passing,
      "Whether gradients come back through that step, which takes two gradients more, or not"),
    RecipeOption(
      "passing-weights", .training, "equal|measured|table",
      allowed:
        "'equal', 'measured', or a table as in '1,0.8;0.9,1': a row a task, numbers from 0 to "
        + "1000",
      "β of listwise communication: 1, measured by training on one task and testing on "
        + "another, or a table with a row a task",
      read: { recipe in
        switch recipe.steps.passingWeights {
        case .equal: .text("equal")
        case .measured: .text("measured")
        case .given(let rows): .text(PassingWeightsText.text(rows))
        }
      },
      write: { recipe, value, _ in
        switch value.scalarText {
        case "equal": recipe.steps.passingWeights = .equal
        case "measured": recipe.steps.passingWeights = .measured
        default:
          guard let rows = PassingWeightsText.rows(value) else { return false }
          recipe.steps.passingWeights = .given(rows)
        }
        return true
      }),
    .number(
      "passing-root", .training, \.steps.passingRoot, from: 0, openBelow: true, upTo: 1000,
      "q of measured β = min(V_ij / V_jj, 1)^(1/q)"),
    .choice(
      "balance", .training, \.steps.balance,
      "How tasks are brought together: steps of one after the other with fixed weights, or steps of "
        + "all at once, whatever --sampling says, along their sum, with learned uncertainties, by "
        + "PCGrad or by CAGrad"),
  ]
}
