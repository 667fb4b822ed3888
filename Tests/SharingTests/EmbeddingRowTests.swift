import Batches
import Sharing
import Tensors
import Testing

/// Optimisers bring the rows of embeddings up to date when they are told that these are read: what
/// a step moves must have been announced, or it would move a row that is behind.
@Suite struct EmbeddingRowTests {
  @Test(arguments: ArchitectureGradientTests.names, [true, false])
  func whatAStepMovesWasAnnounced(name: String, isFull: Bool) throws {
    let network = try Small.network(
      name, Small.shape(layers: 2, isFull: isFull), Small.tasks(2))
    let tables = network.parameters.filter(\.isEmbedding)
    var announced: [String: Set<Int32>] = [:]
    for table in tables {
      table.willRead = { [name = table.name] in announced[name, default: []].formUnion($0) }
    }
    network.activate(task: 1)
    let batch = Small.batch(for: network.tasks[1])
    let tape = Tape()
    let draws = StepDraws(seed: 5, ["step"])
    let scores = network.output(of: 1, batch, draws: draws, on: tape).scores
    let loss = network.head(of: 1).loss(scores, batch: batch, on: tape)
    #expect(!announced.isEmpty)
    tape.backward(from: loss)
    for table in tables {
      let touched = Set(table.touchedRows)
      #expect(
        !touched.isEmpty && touched.isSubset(of: announced[table.name] ?? []), "\(table.name)")
    }
    // Word dropout changes what is read, not what is announced: the unknown word is always there.
    #expect(announced["words.weight"] == Set(batch.inputs.words + [0]))
  }
}
