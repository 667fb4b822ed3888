/// An error a user can cause, with what to tell them and the exit code it leads to.
///
/// Every library throws this one type, so that the command line has one place that turns errors
/// into messages. The message says what is wrong, where (file and line, tensor, setting) and what
/// to do about it, in one line. Libraries name settings; the command line shows them as options.
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
  /// The setting that is wrong, in kebab case as recipes have it; nil if it is none.
  public let setting: String?
  private let value: String?
  private let reason: String

  /// Creates a failure of `kind` with the one line `message` for the user.
  public init(_ kind: Kind, _ message: String) {
    self.init(kind, setting: nil, value: nil, message)
  }

  /// Creates a failure of `kind` of `setting`, which has `value`, with the reason why it cannot be.
  public init(_ kind: Kind, setting: String, value: String? = nil, _ reason: String) {
    self.init(kind, setting: .some(setting), value: value, reason)
  }

  private init(_ kind: Kind, setting: String?, value: String?, _ reason: String) {
    self.kind = kind
    self.setting = setting
    self.value = value
    self.reason = reason
  }

  /// The same failure with `text` behind its message.
  package func adding(_ text: String) -> Failure {
    Failure(kind, setting: setting, value: value, reason + text)
  }

  /// One line for the user, as in `hidden 5: must be even`.
  public var message: String {
    guard let setting else { return reason }
    return setting + (value.map { " \($0)" } ?? "") + ": " + reason
  }

  public var description: String { message }
}
