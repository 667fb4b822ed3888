import Figures

extension RunPage {
  /// Precision and recall.
  var labelSection: Document.Section? {
    let spans = report.results.filter { $0.precision != nil }
    guard !spans.isEmpty else { return nil }
    return nil
  }
}
