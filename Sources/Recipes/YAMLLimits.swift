import Basics
import CYaml

/// What a recipe's YAML may ask of its reader, whoever wrote it.
///
/// Decided on the events of the parser that will read the text, so that what counts as an anchor or
/// as a line is nobody's guess, and before any tree of values is made.
enum YAMLLimits {
  static let depth = 8
  static let nodes = 50_000
  /// The longest text of one value or name, in bytes.
  static let scalar = 1 << 16

  /// Checks that `text`, called `path` in messages, names nothing to repeat it (a few bytes could
  /// stand for gigabytes) and stays within the limits; whether it is YAML at all is not looked at.
  ///
  /// - Throws: `Failure` of kind `badData` with the line.
  static func check(_ text: String, of path: String) throws {
    var text = text
    try text.withUTF8 { bytes in
      var parser = yaml_parser_t()
      guard yaml_parser_initialize(&parser) == 1 else {
        throw Failure(.internal, "no memory for reading \(path)")
      }
      defer { yaml_parser_delete(&parser) }
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
      var (count, level) = (0, 0)
      while true {
        var event = yaml_event_t()
        // What is no YAML is refused with the parser's words by who reads it.
        guard yaml_parser_parse(&parser, &event) == 1 else { return }
        defer { yaml_event_delete(&event) }
        func refuse(_ reason: String) -> Failure {
          Failure(.badData, "\(path):\(event.start_mark.line + 1): \(reason)")
        }
        switch event.type {
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return
        case YAML_ALIAS_EVENT: throw refuse("a recipe may not use YAML aliases (*name)")
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: level -= 1
        case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT: level += 1
        default: break
        }
        guard !hasAnchor(event) else {
          throw refuse("a recipe may not use YAML anchors (&name)")
        }
        // Its top level is the list of options, in which values are as deep as they are.
        guard level <= depth + 1 else { throw refuse("is nested more than \(depth) deep") }
        if event.type == YAML_SCALAR_EVENT, event.data.scalar.length > scalar {
          throw refuse("a value is longer than \(scalar) bytes")
        }
        count += 1
        guard count <= nodes else { throw refuse("holds more than \(nodes) values") }
      }
    }
  }

  private static func hasAnchor(_ event: yaml_event_t) -> Bool {
    switch event.type {
    case YAML_SCALAR_EVENT: event.data.scalar.anchor != nil
    case YAML_SEQUENCE_START_EVENT: event.data.sequence_start.anchor != nil
    case YAML_MAPPING_START_EVENT: event.data.mapping_start.anchor != nil
    default: false
    }
  }
}
