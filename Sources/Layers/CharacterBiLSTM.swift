import Batches
import CKernels
import Tensors

/// Character features of a word: embedding, one BiLSTM layer over its characters, the last state
/// of either direction (the encoder of sluice networks, Ruder et al. 2019). Forms → [F, 2H].
///
/// Columns 0..<H are the forward direction's state at the form's last character, H..<2H the
/// backward direction's at its first.
public final class CharacterBiLSTM {
  /// Character vectors, [A, D], uniform in ±√(3/D).
  public let embedding: Embedding
  /// The layer over them, `char_lstm` in the weights file.
  public let lstm: BiLSTM

  /// Features of `hidden` units a direction over an alphabet of `alphabet` characters of
  /// `dimension` numbers.
  public init(alphabet: Int, dimension: Int, hidden: Int, seed: UInt64?) {
    embedding = Embedding("characters", count: alphabet, dimension: dimension, seed: seed)
    lstm = BiLSTM("char_lstm", inputs: dimension, hidden: hidden, layers: 1, seed: seed)
  }

  /// The parameters, in the order of the weights file.
  public var parameters: [Parameter] { [embedding.weight] + lstm.parameters }

  /// The features of the distinct forms: [F, 2H]. A form without characters has zeros.
  public func callAsFunction(_ inputs: Inputs, on tape: Tape) -> Variable {
    inputs.requireCharacters(of: embedding.weight.shape[0])
    let hidden = lstm.layers[0].forward.hiddenWeight.width
    let output = Tensor([inputs.formCount, 2 * hidden], filledWith: 0, in: tape.workspace)
    let forms = PackedForms(inputs)
    guard forms.packing.rowCount > 0 else { return tape.variable(output) }
    let vectors = embedding(forms.characters, on: tape)
    let states = lstm(vectors, packing: forms.packing, on: tape)
    let width = 2 * hidden
    for (form, first, last) in forms.ends {
      let to = output.pointer + form * width
      let from = states.value.pointer
      to.update(from: from + last * width, count: hidden)
      (to + hidden).update(from: from + first * width + hidden, count: hidden)
    }
    return tape.record(output) { gradient in
      let dStates = tape.gradient(of: states).pointer
      for (form, first, last) in forms.ends {
        let from = gradient.pointer + form * width
        tk_add(hidden, from, dStates + last * width)
        tk_add(hidden, from + hidden, dStates + first * width + hidden)
      }
    }
  }
}

/// Distinct forms as sentences of characters, the longest first.
private struct PackedForms {
  /// The forms as sentences, those without characters left out.
  let packing: Packing
  /// The character ids of the rows.
  let characters: [Int32]
  /// Every form in the packing, and the rows of its first and last character.
  let ends: [(form: Int, first: Int, last: Int)]

  init(_ inputs: Inputs) {
    let starts = inputs.formStarts.map { Int($0) }
    let lengths = (0..<inputs.formCount).map { starts[$0 + 1] - starts[$0] }
    // Of equal lengths the earlier stays first, so that no detail of sorting shows.
    let order = lengths.indices.filter { lengths[$0] > 0 }
      .sorted { lengths[$0] != lengths[$1] ? lengths[$0] > lengths[$1] : $0 < $1 }
    var sizes: [Int] = []
    var characters: [Int32] = []
    for step in 0..<(order.first.map { lengths[$0] } ?? 0) {
      let size = order.prefix { lengths[$0] > step }.count
      for rank in 0..<size {
        characters.append(inputs.characters[starts[order[rank]] + step])
      }
      sizes.append(size)
    }
    packing = Packing(stepSizes: sizes)
    self.characters = characters
    let lastRows = packing.lastRows
    ends = order.indices.map { (order[$0], $0, lastRows[$0]) }
  }
}
