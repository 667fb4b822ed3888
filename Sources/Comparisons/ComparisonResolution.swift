import Basics
import Recipes

/// From what was asked for to a checked plan.
extension ComparisonPlan {
  /// The plan of `requests`, weakest first: the recipe file, then the command line.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, the value and what is allowed.
  public init(_ requests: [ComparisonRequest]) throws {
    self.init(base: Recipe(), seeds: 5, baseline: "", axes: [], domains: [], variants: [])
    for request in requests { try request.layer.apply(to: &base) }
    try base.takeWordDim(after: requests.map(\.layer))
    // Who names variants, and no architecture beside them, wants to compare just these.
    let namesVariants = requests.contains { $0.variants?.isEmpty == false }
    let namesSharing = requests.contains { request in
      request.layer.settings.contains { $0.option.name == "sharing" }
    }
    if namesVariants && !namesSharing { base.sharing = [] }
    try apply(requests)
  }

  /// Takes over what `requests` say beside the recipe's options, and checks everything together.
  mutating func apply(_ requests: [ComparisonRequest]) throws {
    if let given = requests.compactMap(\.variants).last { variants = try given.map(variant) }
    let names = compared.map(\.name)
    for request in requests {
      if let given = request.seeds {
        guard let count = given.value.scalarText.flatMap({ Int($0) }), (1...1000).contains(count)
        else {
          throw given.place.refuse(
            given.value.shown, "must be a whole number from 1 to 1000, how many seeds")
        }
        seeds = count
      }
      if let given = request.baseline {
        guard names.contains(given.value) else {
          throw given.place.refuse(
            RecipeValue.text(given.value).shown,
            "must be among the architectures compared, \(names.joined(separator: ", "))")
        }
        baseline = given.value
      }
      if let given = request.vary { axes = try given.map(axis) }
      if let given = request.domains { domains = try given.map(Self.domain) }
    }
    if let twice = axes.firstDuplicate(by: \.option) {
      throw Failure(
        .usage, setting: "vary", value: twice, "is given twice; give all its values at once")
    }
    if let twice = domains.firstDuplicate(by: { $0.name.lowercased() }) {
      throw Failure(
        .usage, setting: "domain", value: twice, "names two domains; give each its own name")
    }
    if let twice = variants.firstDuplicate(by: { $0.name.lowercased() }) {
      throw Failure(
        .usage, setting: "variant", value: twice, "names two variants; give each its own name")
    }
    for variant in variants {
      if let axis = axes.first(where: { variant.settings.map(\.key).contains($0.option) }) {
        throw Failure(
          .usage, setting: "vary", value: axis.option,
          "is set by variant \(variant.name) too; leave it out of one of them")
      }
    }
    if !domains.isEmpty, let axis = axes.first(where: { Self.domainOptions.contains($0.option) }) {
      throw Failure(
        .usage, setting: "vary", value: axis.option, "cannot vary beside domains, which set it")
    }
    let hasTaskDomains =
      !base.domains.names.isEmpty || axes.contains { $0.option == "task-domains" }
    if hasTaskDomains, !domains.isEmpty {
      throw Failure(
        .usage, setting: "domain", value: domains.map(\.name).joined(separator: ","),
        "cannot be combined with task-domains: the one makes a run of every domain, the other tasks "
          + "of one run; leave one of them out")
    }
    guard let first = names.first else {
      throw Failure(.usage, setting: "sharing", "names nothing to compare")
    }
    if !names.contains(baseline) {
      baseline = ["hard", "single"].first(where: names.contains) ?? first
    }
    guard base.seed + UInt64(seeds - 1) <= RecipeOption.maxSeed else {
      throw Failure(
        .usage, setting: "seed", value: "\(base.seed)", "leaves no room for \(seeds) seeds")
    }
  }

  private static let domainOptions = ["train", "dev", "test"]

  private func axis(_ given: ComparisonRequest.Given<[RecipeValue]>) throws -> Axis {
    let option = try RecipeOption.existing(given.name, at: given.place)
    if option.name == "seed" || option.name == "sharing" {
      throw given.place.failure(
        "cannot vary; "
          + (option.name == "seed" ? "seeds does that" : "sharing names all to compare"))
    }
    guard (1...1000).contains(given.value.count) else {
      throw given.place.failure("needs from 1 to 1000 values")
    }
    let values = try given.value.map { value in
      var copy = base
      try option.set(value, in: &copy, at: given.place)
      return option.value(in: copy)
    }
    for (index, value) in values.enumerated() where values[..<index].contains(value) {
      throw given.place.refuse(value.shown, "is given twice")
    }
    return Axis(option: option.name, values: values)
  }

  private static func domain(
    _ given: ComparisonRequest.Given<[[String]]>
  ) throws -> Domain {
    // Names of the report's own must not be taken for a domain's.
    guard RecipeTask.isName(given.name),
      !["in-domain", "out-of-domain", "lock"].contains(given.name.lowercased())
    else {
      throw given.place.failure(
        "a domain's name must be up to 64 letters, digits, '_' or '-', and not 'all', 'lock',"
          + " 'in-domain' or 'out-of-domain'")
    }
    for (split, files) in zip(domainOptions, given.value) where files.isEmpty {
      throw given.place.failure("\(split) files are missing; a domain needs train, dev and test")
    }
    return Domain(
      name: given.name, train: given.value[0], dev: given.value[1], test: given.value[2])
  }
}
