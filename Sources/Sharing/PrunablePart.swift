import Tensors

/// A part of a network whose weights can be pruned; biases, characters' vectors, a CRF's transitions
/// and what tasks have private encoders for never are.
public enum PrunablePart: String, Sendable, CaseIterable, Codable {
  /// The weight matrices of shared BiLSTMs, ReLU layers, modules and of what reads characters (Sun et
  /// al. 2020).
  case encoder
  /// The table of word vectors.
  case embeddings
  /// The weight matrices of tasks' heads: a task's ticket has those of its own.
  case heads
}

extension SharingNetwork {
  /// Settles which parameters pruning may remove weights of: those of `parts`. To be called once,
  /// when the network has been made, with all of whose encoder can be pruned.
  package func setPrunable(_ scope: Set<PrunablePart>) {
    if !scope.contains(.encoder) { for parameter in prunable { parameter.isPrunable = false } }
    if scope.contains(.embeddings) { parts.words?.isPrunable = true }
    if scope.contains(.heads) { for parameter in parts.heads { parameter.isPrunable = true } }
  }
}
