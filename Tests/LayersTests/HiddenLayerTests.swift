import Layers
import Tensors
import Testing

@Suite struct HiddenLayerTests {
  @Test(arguments: [1, 4]) func gradients(rows: Int) {
    let layer = HiddenLayer("heads.x.hidden", inputs: 5, outputs: 3, seed: 1)
    #expect(layer.parameters.map(\.name) == ["heads.x.hidden.weight", "heads.x.hidden.bias"])
    // A small step keeps clear of the kinks.
    FiniteDifferences(
      inputs: [FiniteDifferences.tensor([rows, 5], "x")], parameters: layer.parameters
    ) { layer($0[0], on: $1) }.check(step: 1e-3)
  }

  @Test(arguments: [1, 63, 64, 65, 1000]) func keepsWhatIsAboveZero(count: Int) throws {
    let x = FiniteDifferences.tensor([count], "x")
    let tape = Tape()
    let input = tape.variable(x)
    let y = ReLU()(input, on: tape)
    #expect(y.value.values == x.values.map { max($0, 0) })
    tape.backward(from: y, seed: 3)
    let gradient = try #require(input.gradient)
    #expect(gradient.values == x.values.map { $0 > 0 ? 3 : 0 })
  }

  @Test func zeroHasNoGradientAndNaNStays() throws {
    let tape = Tape()
    let input = tape.variable(Tensor([3], [0, .nan, -.infinity], in: tape.workspace))
    let y = ReLU()(input, on: tape)
    let values = y.value.values
    #expect(values[0] == 0 && values[1].isNaN && values[2] == 0)
    tape.backward(from: y)
    #expect(try #require(input.gradient).values[0] == 0)
  }
}
