/// An error a user can cause, with what to tell them and the exit code it leads to.
///
/// Every library throws this one type, so that the command line has one place that turns errors
/// into messages. The message says what is wrong, where (file and line, tensor, option) and what
/// to do about it, in one line.
public struct Failure: Error, Equatable, CustomStringConvertible {
  /// What kind of failure it is; the raw value is the process's exit code (sysexits.h).
  public enum Kind: Int32, Sendable {
    /// A wrong or missing option, or options that contradict each other.
    case usage = 64
    /// A file whose contents are not what they should be.
    case badData = 65
    /// A file that is not there or cannot be read.
    case missingInput = 66
    /// A file or folder that cannot be created.
    case cannotCreate = 73
    /// Reading or writing broke off: disk full, device error.
    case inputOutput = 74
    /// Another process holds the run.
    case busy = 75
    /// A defect of this program.
    case `internal` = 70
    /// The user pressed Ctrl-C; what was finished is on disk.
    case interrupted = 130
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// One line for the user.
  public let message: String

  /// Creates a failure of `kind` with the one line `message` for the user.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}
