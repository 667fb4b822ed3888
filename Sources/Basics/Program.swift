/// What this program is.
public enum Program {
  /// Its version, which results that are kept are marked with.
  public static let version = "0.1.0"
}
