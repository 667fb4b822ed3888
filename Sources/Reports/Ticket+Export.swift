import Basics
import Masks

extension Ticket {
  /// How many bytes the exported masks have, but for their header of names.
  public var exportedSize: Int { masks.prunableCount }

  /// Writes the masks as a safetensors file of 0/1 tensors (U8) under PyTorch's names.
  public func export(to path: String) throws {
    try SafeTensors.write(
      masks.entries.map { entry in
        SafeTensors.Tensor(
          entry.name, shape: entry.shape,
          bytes: (0..<entry.mask.count).map { entry.mask[$0] ? 1 : 0 })
      },
      metadata: [
        "task": task, "round": "\(round)", "criterion": criterion, "scope": scope,
        "origin": Digest.hex(origin),
      ], to: path, isResult: true)
  }
}
