import Basics
import Figures
import Foundation
import Recipes

/// What `DIR/comparison.json` holds: the plan of a comparison.
struct ComparisonRecord: Codable {
  /// 1, or 2 if there are variants, which older programs would not see.
  static let currentFormat = 2
  static let name = "comparison.json"

  let plan: ComparisonPlan

  private enum CodingKeys: String, CodingKey {
    case format, recipe, seeds, baseline, vary, domains, variants
  }

  private struct Axis: Codable {
    let option: String
    let values: [RecipeValue]
  }

  private struct Variant: Codable {
    let name: String
    let recipe: [String: RecipeValue]
  }

  init(_ plan: ComparisonPlan) { self.plan = plan }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let format = try container.decode(Int.self, forKey: .format)
    guard format <= Self.currentFormat else {
      throw Failure(
        .badData,
        "has format \(format), made by a newer program; this one reads up to format"
          + " \(Self.currentFormat)")
    }
    var plan = ComparisonPlan(
      base: try container.decode(Recipe.self, forKey: .recipe),
      seeds: try container.decode(Int.self, forKey: .seeds),
      baseline: try container.decode(String.self, forKey: .baseline), axes: [], domains: [],
      variants: [])
    // What was written is checked like what is given: the file may come from anywhere.
    var request = ComparisonRequest(layer: RecipeLayer(settings: []))
    func given<Value>(_ name: String, _ value: Value) -> ComparisonRequest.Given<Value> {
      .init(name: name, value: value, place: RecipePlace(name: name, folder: "/"))
    }
    request.seeds = given("seeds", .number(Double(plan.seeds)))
    request.vary = try container.decode([Axis].self, forKey: .vary)
      .map { given($0.option, $0.values) }
    request.domains = try container.decode([ComparisonPlan.Domain].self, forKey: .domains)
      .map { given($0.name, [$0.train, $0.dev, $0.test]) }
    if let variants = try container.decodeIfPresent([Variant].self, forKey: .variants) {
      request.variants = variants.map { variant in
        given(variant.name, variant.recipe.sorted { $0.key < $1.key }.map { .init($0, $1) })
      }
      let options = try container.nestedContainer(keyedBy: StringKey.self, forKey: .recipe)
      if !options.contains(StringKey(stringValue: "sharing")) { plan.base.sharing = [] }
    }
    try plan.apply([request])
    self.plan = plan
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(plan.variants.isEmpty ? 1 : 2, forKey: .format)
    // Without tasks they are to be varied, without architectures there are variants alone; the
    // options have no way to write none.
    let none = [
      "tasks": plan.base.declaredTasks.isEmpty, "sharing": plan.base.sharing.isEmpty,
    ]
    let settings = RecipeOption.all.filter { none[$0.name] != true }
    try container.encode(
      RecipeValue.mapping(settings.map { .init($0.name, $0.value(in: plan.base)) }),
      forKey: .recipe)
    try container.encode(plan.seeds, forKey: .seeds)
    try container.encode(plan.baseline, forKey: .baseline)
    try container.encode(
      plan.axes.map { Axis(option: $0.option, values: $0.values) }, forKey: .vary)
    try container.encode(plan.domains, forKey: .domains)
    guard !plan.variants.isEmpty else { return }
    try container.encode(
      plan.variants.map { variant in
        let options =
          [("sharing", RecipeValue.text(variant.sharing))]
          + variant.settings.map { ($0.key, $0.value) }
        return Variant(name: variant.name, recipe: Dictionary(uniqueKeysWithValues: options))
      }, forKey: .variants)
  }

  /// Whether `folder` holds a comparison.
  static func exists(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }

  /// The record of the comparison in `folder`, nil if there is none.
  ///
  /// - Throws: `Failure` of kind `badData` if it is damaged or newer than this program.
  static func read(_ folder: String) throws -> ComparisonRecord? {
    guard exists(folder) else { return nil }
    let path = "\(folder)/\(name)"
    let data = try SealedJSON.read(path, limit: 16 << 20)
    do {
      return try JSONDecoder().decode(ComparisonRecord.self, from: data)
    } catch let failure as Failure {
      throw Failure(.badData, "\(path): \(failure.message)")
    } catch {
      throw Failure(.badData, "\(path): is damaged, so the comparison cannot be continued")
    }
  }

  func write(_ folder: String) throws {
    try SealedJSON.write(Data(jsonText(self).utf8), to: "\(folder)/\(Self.name)")
  }
}

extension ComparisonPlan {
  /// Brings what is asked for now together with this plan of the comparison in `folder`.
  ///
  /// What is not given stays as recorded. Seeds, baseline and architectures may change, and
  /// values, domains and variants may be added; anything else only before a run has begun.
  ///
  /// - Parameter hasBegun: whether a run of a plan has begun in the folder.
  /// - Throws: `Failure` of kind `usage` naming the option, both values and what to do.
  func reconciled(
    _ requests: [ComparisonRequest], folder: String, hasBegun: (ComparisonPlan) throws -> Bool
  ) throws -> ComparisonPlan {
    var new = self
    for request in requests { try request.layer.apply(to: &new.base) }
    try new.apply(requests)
    guard new != self, try hasBegun(self) else { return new }
    func reason(_ old: String) -> String {
      "the comparison \(folder) was started with \(old);"
        + " leave the option out, or choose another folder"
    }
    for setting in requests.flatMap(\.layer.settings) where !setting.option.staysOpen {
      let (old, value) = (setting.option.value(in: base), setting.option.value(in: new.base))
      if value != old { throw setting.place.refuse(value.shown, reason(old.shown)) }
    }
    let isExtended =
      axes.map(\.option) == new.axes.map(\.option)
      && zip(axes, new.axes).allSatisfy { $1.extends($0) }
    guard isExtended else {
      throw Failure(
        .usage, setting: "vary", value: new.axes.map(\.text).joined(separator: " "),
        reason(
          axes.isEmpty ? "nothing that varies" : axes.map(\.text).joined(separator: " ")))
    }
    guard domains.isEmpty == new.domains.isEmpty, domains.allSatisfy(new.domains.contains) else {
      let names = domains.map(\.name).joined(separator: ",")
      throw Failure(
        .usage, setting: "domain", value: new.domains.map(\.name).joined(separator: ","),
        reason(
          domains.isEmpty ? "no domains" : "\(names), of which one is gone or has other files"))
    }
    guard variants.allSatisfy(new.variants.contains) else {
      let names = variants.map(\.name).joined(separator: ",")
      throw Failure(
        .usage, setting: "variant", value: new.variants.map(\.name).joined(separator: ","),
        reason("\(names), of which one is gone or has other settings"))
    }
    return new
  }
}

extension ComparisonPlan.Axis {
  fileprivate var text: String { "\(option)=" + values.map(\.shown).joined(separator: ";") }

  /// Whether it has all values of `other`, in the same folders.
  fileprivate func extends(_ other: Self) -> Bool {
    let own = Array(zip(values, slugs))
    return zip(other.values, other.slugs).allSatisfy { value, slug in
      own.contains { $0 == (value, slug) }
    }
  }
}
