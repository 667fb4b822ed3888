import Basics
import Batches
import Layers
import Tensors
import Testing

/// Compares gradients with central differences of the computation itself.
struct FiniteDifferences {
  /// What is differentiated: inputs first, then parameters.
  let inputs: [Tensor]
  let parameters: [Parameter]
  /// Builds the computation on `inputs`.
  let output: ([Variable], Tape) -> Variable

  /// Checks every number's gradient of Σ upstream · output.
  ///
  /// Float32 carries 1e-7; with a step of 1e-2 the quotient's own error stays below 1e-3. Where
  /// there are kinks (a maximum) the step must be smaller.
  func check(
    step: Float = 1e-2, tolerance: Float = 3e-3,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let tape = Tape()
    let variables = inputs.map(tape.variable)
    let result = output(variables, tape)
    var stream = RandomStream(seed: 3, "upstream")
    let upstream = (0..<result.value.count).map { _ in stream.uniform(within: 1) }
    for parameter in parameters { parameter.clearGradient() }
    tape.backward(
      from: result, gradient: Tensor(result.value.shape, upstream, in: tape.workspace))
    func value() -> Double {
      let tape = Tape()
      let y = output(inputs.map(tape.variable), tape).value
      return (0..<y.count).reduce(0) { $0 + Double(y.pointer[$1] * upstream[$1]) }
    }
    func compare(_ at: UnsafeMutablePointer<Float>, _ gradient: Float, _ what: String) {
      let old = at.pointee
      at.pointee = old + step
      let above = value()
      at.pointee = old - step
      let below = value()
      at.pointee = old
      let slope = Float((above - below) / Double(2 * step))
      #expect(
        abs(slope - gradient) <= tolerance * max(1, abs(slope)), "\(what): \(gradient), \(slope)",
        sourceLocation: sourceLocation)
    }
    for (index, input) in inputs.enumerated() {
      guard let gradient = variables[index].gradient else {
        Issue.record("input \(index) has no gradient", sourceLocation: sourceLocation)
        continue
      }
      for i in 0..<input.count {
        compare(input.pointer + i, gradient.pointer[i], "input \(index)[\(i)]")
      }
    }
    for parameter in parameters {
      for i in 0..<parameter.count {
        let alive = parameter.alive?.storedMask?[i] ?? true
        // A dead weight's gradient exists, but nothing reads it.
        guard alive else { continue }
        // No gradient says that the output does not depend on the parameter.
        let gradient = parameter.hasGradient ? parameter.gradient[i] : 0
        compare(parameter.values.baseAddress! + i, gradient, "\(parameter.name)[\(i)]")
      }
    }
  }

  /// A tensor of random numbers in ±1.
  static func tensor(_ shape: [Int], _ name: String) -> Tensor {
    var stream = RandomStream(seed: 4, name)
    let count = shape.reduce(1, *)
    return Tensor(shape, (0..<count).map { _ in stream.uniform(within: 1) }, in: Workspace())
  }

  /// A batch of sentences of the given lengths (longest first) with random ids below `alphabet`
  /// and labels below `classes`.
  static func batch(lengths: [Int], alphabet: Int = 7, classes: Int = 4) -> Batch {
    var stream = RandomStream(seed: 5, "batch")
    let sizes = (0..<lengths[0]).map { step in lengths.filter { $0 > step }.count }
    let n = lengths.reduce(0, +)
    func ids(_ count: Int, below: Int) -> [Int32] {
      (0..<count).map { _ in Int32(stream.below(below)) }
    }
    return Batch(
      sentences: Array(lengths.indices), packing: Packing(stepSizes: sizes),
      inputs: Inputs(
        words: ids(n, below: alphabet), forms: ids(n, below: 4), formStarts: [0, 1, 3, 6, 10],
        characters: ids(10, below: alphabet)), labels: ids(n, below: classes))
  }
}
