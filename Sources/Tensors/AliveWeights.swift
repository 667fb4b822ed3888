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
  private var matrices: [ProductKind: SparseMatrix] = [:]

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

  /// The matrix of the alive weights for products of `kind`, its values not fetched yet.
  func matrix(_ kind: ProductKind) -> SparseMatrix {
    if let matrix = matrices[kind] { return matrix }
    let matrix = SparseMatrix(mask, width: width, stored: stored, for: kind)
    matrices[kind] = matrix
    return matrix
  }
}
