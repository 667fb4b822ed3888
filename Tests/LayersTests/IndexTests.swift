import Batches
import Layers
import Tensors
import Testing

/// An index that is none of a table's rows stops the program before a kernel reads or writes there.
@Suite struct IndexTests {
  @Test func wordsThatAreNoRowsOfTheTable() async {
    await #expect(processExitsWith: .failure) { read([0, 3]) }
    await #expect(processExitsWith: .failure) { read([-1]) }
    await #expect(processExitsWith: .success) { read([0, 2]) }
    await #expect(processExitsWith: .failure) { read([0, 1], forms: [0, 2]) }
    await #expect(processExitsWith: .failure) { read([0, 1], forms: [0]) }
    await #expect(processExitsWith: .success) { read([0, 1], forms: [1, 1]) }
  }

  @Test func formsThatAreNoRows() async {
    await #expect(processExitsWith: .failure) { gather([2]) }
    await #expect(processExitsWith: .failure) { gather([-1]) }
    await #expect(processExitsWith: .success) { gather([1, 0]) }
  }

  @Test func charactersOutsideOfTheAlphabet() async {
    await #expect(processExitsWith: .failure) { convolve([0, 5], [0, 2]) }
    await #expect(processExitsWith: .failure) { convolve([-1, 0], [0, 2]) }
    await #expect(processExitsWith: .failure) { convolve([0, 1], [0, 3]) }
    await #expect(processExitsWith: .failure) { convolve([0, 1], [0, 2, 1, 2]) }
    await #expect(processExitsWith: .success) { convolve([0, 4], [0, 1, 2]) }
  }

  @Test func labelsThatAreNoScores() async {
    await #expect(processExitsWith: .failure) { loss(SoftmaxHead(), [0, -1]) }
    await #expect(processExitsWith: .failure) { loss(SoftmaxHead(), [0, 2]) }
    await #expect(processExitsWith: .failure) { loss(SoftmaxHead(), [0]) }
    await #expect(processExitsWith: .success) { loss(SoftmaxHead(), [0, 1]) }
    await #expect(processExitsWith: .failure) {
      loss(CRFHead("x", classes: 2, seed: 1), [0, -1])
    }
    await #expect(processExitsWith: .failure) { loss(CRFHead("x", classes: 2, seed: 1), [2, 0]) }
    await #expect(processExitsWith: .success) { loss(CRFHead("x", classes: 2, seed: 1), [1, 0]) }
  }
}

private func read(_ ids: [Int32], forms: [Int32]? = nil) {
  let tape = Tape()
  let table = Embedding("words", count: 3, dimension: 4, seed: 1)
  let features = tape.variable(Tensor([2, 2], filledWith: 1, in: tape.workspace))
  _ = table(ids, beside: forms.map { (values: features, rows: $0) }, on: tape)
}

private func gather(_ rows: [Int32]) {
  let tape = Tape()
  let features = tape.variable(Tensor([2, 2], filledWith: 1, in: tape.workspace))
  _ = FormRows()(features, rows: rows, dropout: .none, on: tape)
}

private func convolve(_ characters: [Int32], _ starts: [Int32]) {
  let inputs = Inputs(formStarts: starts, characters: characters)
  _ = CharacterCNN(alphabet: 5, dimension: 2, filters: 2, seed: 1)(inputs, on: Tape())
  _ = CharacterBiLSTM(alphabet: 5, dimension: 2, hidden: 2, seed: 1)(
    inputs, on: Tape())
}

private func loss(_ head: any Head, _ labels: [Int32]) {
  let tape = Tape()
  let scores = tape.variable(Tensor([2, 2], filledWith: 0, in: tape.workspace))
  let batch = Batch(
    sentences: [0], packing: Packing(stepSizes: [1, 1]), inputs: Inputs(), labels: labels)
  _ = head.loss(scores, batch: batch, on: tape)
}
