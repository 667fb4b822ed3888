import Masks

/// The weights of a parameter that are alive in one subnet, and how products with them are
/// executed.
public final class AliveWeights {
  /// The alive weights, over all elements.
  public let mask: BitMask
  /// The same over the stored elements; nil if all of these are alive.
  public let storedMask: BitMask?
  /// Whether products pass over the alive weights only.
  public let isSparse: Bool
  private let width: Int
  private let stored: BitMask?
  private var matrices: [Key: SparseMatrix] = [:]

  private struct Key: Hashable {
    let product: SparseMatrix.Product
    let isRecurrent: Bool
  }

  /// The weights of `parameter` alive in `mask`; to be made anew when other elements are stored.
  public init(_ mask: BitMask, of parameter: Parameter, isSparse: Bool = false) {
    precondition(mask.count == parameter.elementCount)
    precondition(parameter.stored.map { mask.isSubset(of: $0) } ?? true)
    self.mask = mask
    self.isSparse = isSparse
    width = parameter.width
    stored = parameter.stored
    storedMask = mask == stored ? nil : stored.map { mask.restricted(to: $0) } ?? mask
  }

  /// The matrix of the alive weights for `product`, its values not fetched yet.
  public func matrix(_ product: SparseMatrix.Product, isRecurrent: Bool) -> SparseMatrix {
    let key = Key(product: product, isRecurrent: isRecurrent)
    if let matrix = matrices[key] { return matrix }
    let matrix = SparseMatrix(
      mask, width: width, stored: stored, for: product, isRecurrent: isRecurrent)
    matrices[key] = matrix
    return matrix
  }
}
