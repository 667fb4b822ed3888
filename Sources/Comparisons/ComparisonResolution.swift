import Basics
import Recipes

/// From what was asked for to a checked plan.
extension ComparisonPlan {
  /// The plan of `requests`, weakest first: the recipe file, then the command line.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, the value and what is allowed.
  public init(_ requests: [ComparisonRequest]) throws {
    self.init(base: Recipe(), seeds: 5, baseline: "", axes: [], domains: [])
    for request in requests { try request.layer.apply(to: &base) }
    try apply(requests)
  }

  /// Takes over what `requests` say beside the recipe's options, and checks everything together.
  mutating func apply(_ requests: [ComparisonRequest]) throws {
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
        guard base.sharing.contains(given.value) else {
          throw given.place.refuse(
            RecipeValue.text(given.value).shown,
            "must be among the architectures compared, \(base.sharing.joined(separator: ", "))")
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
    if !domains.isEmpty, let axis = axes.first(where: { Self.domainOptions.contains($0.option) }) {
      throw Failure(
        .usage, setting: "vary", value: axis.option, "cannot vary beside domains, which set it")
    }
    if !base.sharing.contains(baseline) {
      baseline =
        ["hard", "single"].first(where: base.sharing.contains) ?? base.sharing[0]
    }
    let largest = (UInt64(1) << 53) - 1
    guard base.seed + UInt64(seeds - 1) <= largest else {
      throw Failure(
        .usage, setting: "seed", value: "\(base.seed)", "leaves no room for \(seeds) seeds")
    }
  }

  private static let domainOptions = ["train", "dev", "test"]

  private func axis(_ given: ComparisonRequest.Given<[RecipeValue]>) throws -> Axis {
    guard let option = RecipeOption.named(given.name) else {
      throw given.place.failure(
        "is no option of a recipe"
          + didYouMean(given.name, among: RecipeOption.all.map(\.name)))
    }
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

extension RecipePlace {
  /// The failure that what is given here cannot be accepted, and why.
  fileprivate func failure(_ reason: String) -> Failure { Failure(.usage, "\(name): \(reason)") }
}
