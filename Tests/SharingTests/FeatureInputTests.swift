import Basics
import Batches
import Layers
import Sharing
import Tensors
import Testing

/// Networks that read feature vectors of tokens, beside words and characters or without them.
@Suite struct FeatureInputTests {
  /// What is read beside the features.
  enum Beside: CaseIterable {
    case all, words, characters, bilstm, nothing
  }

  private func shape(_ beside: Beside, features: Int = 2) -> NetworkShape {
    var shape = Small.shape(layers: 1, isFull: beside == .all || beside == .bilstm)
    shape.headHidden = 0
    shape.featureDimension = features
    if [.characters, .bilstm, .nothing].contains(beside) { shape.wordDimension = 0 }
    if [.words, .nothing].contains(beside) { shape.characterFilters = 0 }
    return shape
  }

  /// Whole networks by central differences, with dropout and noise.
  @Test(arguments: Beside.allCases, ["hard", "sluice"]) func gradients(
    beside: Beside, name: String
  ) throws {
    let network = try Small.network(name, shape(beside), Small.tasks(2))
    for task in 0..<2 { ObjectiveSlopes(network: network).check(task) }
    let names = network.parameters.map(\.name)
    #expect(names.contains("words.weight") == [.all, .words].contains(beside))
    #expect((network.parts.words != nil) == [.all, .words].contains(beside))
    #expect(names.contains { $0.hasPrefix("char") } == ![.words, .nothing].contains(beside))
  }

  /// Characters without words are read as beside words, and features as they are.
  @Test func inputWidths() {
    let widths = Beside.allCases.map { HardSharing(shape($0), tasks: Small.tasks(1), seed: 1) }
      .map { $0.parameter("lstm.weight_ih_l0").width }
    #expect(widths == [4 + 2 * 2 + 2, 4 + 2, 3 + 2, 2 * 2 + 2, 2])
  }

  /// Zero weights over the features leave the network without them.
  @Test func deafToFeatures() throws {
    var quiet = shape(.words)
    quiet.dropout = 0
    let with = HardSharing(quiet, tasks: Small.tasks(1), seed: 1)
    quiet.featureDimension = 0
    let without = HardSharing(quiet, tasks: Small.tasks(1), seed: 1)
    for parameter in with.parameters {
      let values = without.parameter(parameter.name).elements
      guard parameter.name.contains("weight_ih") else {
        parameter.set(values)
        continue
      }
      let rows = stride(from: 0, to: values.count, by: 4).map { values[$0..<$0 + 4] + [0, 0] }
      parameter.set(Array(rows.joined()))
    }
    #expect(Step(with, 0, isTraining: false).scores == Step(without, 0, isTraining: false).scores)
  }
}
