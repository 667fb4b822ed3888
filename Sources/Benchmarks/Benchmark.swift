import Basics
import Tensors

/// Measures configurations in turn, round after round, so that a machine whose speed drifts
/// slows them all.
public struct Benchmark {
  private let source: BenchmarkSource
  private let settings: BenchmarkSettings

  /// A benchmark of what `settings` ask for on the data of `source`.
  ///
  /// - Throws: `Failure` of kind `usage` for options that exclude each other.
  public init(_ source: BenchmarkSource, _ settings: BenchmarkSettings) throws {
    self.source = source
    var settings = settings
    if !source.tickets.isEmpty {
      let other: [(String, Bool)] = [
        ("density", settings.densities != nil), ("tasks-count", settings.taskCounts != nil),
        ("growth", settings.isGrowth),
      ]
      if let (name, _) = other.first(where: \.1) {
        throw Failure(
          .usage, setting: name, "tickets have their own density and tasks; leave it out")
      }
      settings.usesTickets = true
    }
    if settings.isBare, source.recipe.base != "hard" {
      throw Failure(
        .usage,
        "--bare: measures the one BiLSTM of hard sharing; the run's base is \(source.recipe.base)")
    }
    self.settings = settings
  }

  /// Measures everything.
  ///
  /// - Parameter onMeasurement: called before each measurement with how many are done, and how
  ///   many there are.
  public func run(onMeasurement: (_ done: Int, _ of: Int) throws -> Void) throws -> BenchmarkReport
  {
    let builder = LoadBuilder(source, settings)
    let groups = settings.groups(for: source.recipe)
    var seen: Set<BenchmarkConfiguration> = []
    let configurations = groups.flatMap(\.configurations).filter { seen.insert($0).inserted }
    var results = configurations.map { BenchmarkResult($0) }
    for round in 0..<settings.repeats {
      for (index, configuration) in configurations.enumerated() {
        try onMeasurement(
          round * configurations.count + index, settings.repeats * configurations.count)
        let (load, effort) = try builder.build(configuration)
        let timer = LoadTimer(load)
        // Buffers, optimiser state and the processor's clock settle before the measurement.
        _ = try timer.run(seconds: settings.seconds / 4, steps: 3)
        // The clock of a processor drifts: on either side of the measurement, the better counts.
        let before = Peak.measure(threads: configuration.threads)
        let work = try timer.run(
          seconds: settings.seconds, clock: settings.wantsParts ? StepClock() : nil)
        let peak = max(before, Peak.measure(threads: configuration.threads))
        results[index].add(work, effort: effort, peak: peak)
      }
    }
    return BenchmarkReport(
      settings, source, size: try builder.size(), groups: groups, results: results)
  }
}
