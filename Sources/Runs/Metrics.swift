import Basics
import Figures
import Foundation

/// The numbers of one epoch: one line of a file in `metrics/`.
public struct MetricsLine: Equatable, Sendable {
  /// What was being done: `warmup`, `prune`, `train/sparse`.
  public var stage: String
  /// The task, if the stage works on one at a time.
  public var task: String?
  /// The pruning round, if there is one.
  public var round: Int?
  /// The epoch, from 1.
  public var epoch: Int
  /// When the epoch ended, in Unix seconds; nil in lines of older programs.
  public var time: Double?
  /// Numbers by name: losses, scores, seconds.
  public var values: [String: Double]

  /// Creates the line of one epoch.
  public init(
    stage: String, task: String? = nil, round: Int? = nil, epoch: Int, time: Double? = nil,
    values: [String: Double]
  ) {
    self.stage = stage
    self.task = task
    self.round = round
    self.epoch = epoch
    self.time = time
    self.values = values
  }

  /// How often the training data were passed through, where that is not once: before training,
  /// criteria look at some batches.
  package static let passes = "passes"
  /// What files and folders with the numbers of a stage and task are called: `train/single/ner`.
  static func folder(_ stage: String, _ task: String?) -> String {
    task.map { "\(stage)/\($0)" } ?? stage
  }

  var folder: String { Self.folder(stage, task) }

  /// The share of prunable weights that was alive, in rounds of pruning.
  package static let density = "density"

  /// The present moment as a line's time, in whole milliseconds.
  static func now() -> Double { (Date().timeIntervalSince1970 * 1000).rounded() / 1000 }

  /// The largest number of an epoch or a round: sums of them are counted with.
  private static let most = 1_000_000_000

  /// The seconds or tokens that were measured under `name`, 0 if there are none. The file may come
  /// from anywhere: what cannot have been measured does not count.
  package func measured(_ name: String) -> Double {
    values[name].flatMap { (0..<1e12).contains($0) ? $0 : nil } ?? 0
  }

  private static let fixed: Set = ["stage", "task", "round", "epoch", "time"]
}

/// A line as a flat JSON object: what it belongs to first, then the numbers by name.
extension MetricsLine {
  /// The JSON text, without a line break. A value that is no finite number is written as `null`.
  var json: String {
    var parts = ["\"stage\":\(Self.quoted(stage))"]
    if let task { parts.append("\"task\":\(Self.quoted(task))") }
    if let round { parts.append("\"round\":\(round)") }
    parts.append("\"epoch\":\(epoch)")
    if let time { parts.append("\"time\":\(Self.shortest(time))") }
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      precondition(!Self.fixed.contains(name), "a number cannot be called \(name)")
      parts.append("\(Self.quoted(name)):\(value.isFinite ? Self.shortest(value) : "null")")
    }
    return "{" + parts.joined(separator: ",") + "}"
  }

  /// Reads what `json` wrote; nil if the text is anything else.
  init?(json: ArraySlice<UInt8>) {
    var stage: String?
    var task: String?
    var round: Int?
    var epoch: Int?
    var time: Double?
    var values: [String: Double] = [:]
    // As many as an epoch usually measures.
    values.reserveCapacity(16)
    var scanner = JSONScanner(bytes: json, subject: "metrics")
    do {
      try scanner.object { scanner, name in
        switch name {
        case "stage": stage = try scanner.string()
        case "task": task = try scanner.string()
        case "round": round = try scanner.integer()
        case "epoch": epoch = try scanner.integer()
        case "time": time = try scanner.number()
        default: values[name] = try scanner.number()
        }
      }
      try scanner.end()
    } catch {
      return nil
    }
    guard let stage, let epoch, epoch <= Self.most, round ?? 0 <= Self.most, time?.isNaN != true
    else { return nil }
    self.init(
      stage: stage, task: task, round: round, epoch: epoch, time: time, values: values)
  }

  static func shortest(_ value: Double) -> String {
    Int64(exactly: value).map { String($0) } ?? "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    // A string can always be encoded.
    return String(decoding: try! encoder.encode(text), as: UTF8.self)
  }
}

extension [MetricsLine] {
  /// The lines as CSV with a header: stages in order of appearance, then task, round and epoch,
  /// whatever order concurrent tasks wrote them in. Numbers that are not finite are left empty.
  public func csv() -> String {
    var order: [String: Int] = [:]
    for line in self where order[line.stage] == nil { order[line.stage] = order.count }
    let sorted = sorted {
      (order[$0.stage]!, $0.task ?? "", $0.round ?? 0, $0.epoch)
        < (order[$1.stage]!, $1.task ?? "", $1.round ?? 0, $1.epoch)
    }
    let names = Set(flatMap(\.values.keys)).sorted()
    let rows = sorted.map { line in
      [
        line.stage, line.task ?? "", line.round.map { String($0) } ?? "", String(line.epoch),
        line.time.map(MetricsLine.shortest) ?? "",
      ]
        + names.map { name in
          line.values[name].flatMap { $0.isFinite ? MetricsLine.shortest($0) : nil } ?? ""
        }
    }
    return csvText([["stage", "task", "round", "epoch", "time"] + names] + rows) + "\n"
  }
}
