/// A number for one task, as in `--loss-weights pos=0.5`.
public struct TaskNumber: Equatable, Sendable {
  /// The task's name.
  public let task: String
  /// The number.
  public let number: Double
}

extension RecipeOption {
  /// An option that gives tasks numbers: text such as `pos=1,ner=2`, or a mapping.
  static func taskNumbers(
    _ name: String, _ group: RecipeGroup, _ field: Field<[TaskNumber]>,
    allowed range: ClosedRange<Double>, isWhole: Bool, _ meaning: String
  ) -> RecipeOption {
    let ends = [range.lowerBound, range.upperBound].map { RecipeValue.number($0).shown }
    return RecipeOption(
      name, group, "task=n,…",
      allowed: "task=number pairs, each task once, with \(isWhole ? "whole " : "")numbers from "
        + "\(ends[0]) to \(ends[1])", meaning,
      read: { recipe in
        .text(
          recipe[keyPath: field].map { "\($0.task)=\(RecipeValue.number($0.number).shown)" }
            .joined(separator: ","))
      },
      write: { recipe, value, _ in
        guard let numbers = taskNumbers(value),
          numbers.allSatisfy({
            RecipeTask.isName($0.task) && range.contains($0.number)
              && (!isWhole || $0.number == $0.number.rounded())
          }),
          numbers.firstDuplicate(by: \.task) == nil
        else { return false }
        recipe[keyPath: field] = numbers
        return true
      })
  }

  private static func taskNumbers(_ value: RecipeValue) -> [TaskNumber]? {
    let pairs: [(Substring, String?)]
    if case .mapping(let entries) = value {
      pairs = entries.map { ($0.key[...], $0.value.scalarText) }
    } else {
      guard value == .null || value.scalarText != nil else { return nil }
      pairs = (value.scalarText ?? "").split(separator: ",").map { pair in
        let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
        return (parts[0], parts.count == 2 ? String(parts[1]) : nil)
      }
    }
    var numbers: [TaskNumber] = []
    for (task, text) in pairs {
      guard let number = text.flatMap({ Double($0) }) else { return nil }
      numbers.append(TaskNumber(task: String(task), number: number))
    }
    return numbers
  }
}
