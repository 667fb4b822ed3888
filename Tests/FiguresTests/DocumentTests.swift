import Basics
import Figures
import Foundation
import Testing

/// One small document in every form.
@Suite struct DocumentTests {
  private static let document = Document(
    "Run a<b", opening: [.note("half done")],
    [
      .init(
        "Scores & more",
        [
          .paragraph("100 % of $x_1$"),
          .table(
            .init(
              "By [task]", head: ["sharing", "f1", "note"],
              groups: [
                [[.init("majority"), .init("-"), .init("x|y")]],
                [
                  [.init("hard"), .init("9.50"), .init("")],
                  [.init("sparse"), .init("10.25", mark: .best), .init("O", mark: .wrong)],
                ],
              ])),
        ]),
      .init("Settings", isFolded: true, [.verbatim("a: 1\n  b: <2>")]),
      .init(
        "Only drawn", [.figure(LineChart(title: "t", xLabel: "x", yLabel: "y", series: []).figure)]),
    ])

  @Test func asText() {
    #expect(
      Self.document.text == """
        note: half done

        Scores & more

        100 % of $x_1$

        By [task]
        sharing      f1  note
        majority      -   x|y
        hard       9.50
        sparse    10.25   ✗ O

        Settings

        a: 1
          b: <2>
        """)
  }

  @Test func asMarkdown() {
    #expect(
      Self.document.markdown == """
        # Run a&lt;b

        > half done

        ## Scores &amp; more

        100 % of \\$x\\_1\\$

        By \\[task\\]

        | sharing | f1 | note |
        | --- | ---: | --- |
        | majority | - | x\\|y |
        | hard | 9.50 |  |
        | sparse | **10.25** | ✗ O |

        ## Settings

            a: 1
              b: <2>
        """)
  }

  @Test func asLaTeX() {
    #expect(
      Self.document.latex == """
        % Run a<b

        half done

        \\section*{Scores \\& more}

        100 \\% of \\$x\\_1\\$

        \\begin{table}[ht]
        \\centering
        \\caption{By {[}task{]}}
        \\begin{tabular}{lrl}
        \\hline
        sharing & f1 & note \\\\
        \\hline
        majority & - & x\\textbar{}y \\\\
        \\hline
        hard & 9.50 &  \\\\
        sparse & \\textbf{10.25} & $\\times$ O \\\\
        \\hline
        \\end{tabular}
        \\end{table}

        \\section*{Settings}

        \\begin{flushleft}\\ttfamily
        \\hspace*{0ex}a: 1\\newline
        \\hspace*{2ex}  b: \\textless{}2\\textgreater{}
        \\end{flushleft}
        """)
  }

  @Test func asPage() throws {
    let html = Self.document.html
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    for part in [
      "<title>Run a&lt;b</title>", "<h1>Run a&lt;b</h1>", "<b>Note:</b> half done",
      "<a href=\"#scores-more\">Scores &amp; more</a>", "<section id=\"scores-more\">",
      "<figcaption>By [task]</figcaption>", "<th scope=\"col\" class=\"number\">f1</th>",
      "<td class=\"number best\" data-value=\"10.25\"><b>10.25</b></td>",
      "<td class=\"wrong\"><span aria-label=\"wrong\">✗</span> O</td>",
      "<details><summary><h2>Settings</h2></summary>",
      "<pre tabindex=\"0\">a: 1\n  b: &lt;2&gt;</pre>",
      "<svg xmlns=",
    ] {
      #expect(html.contains(part), "\(part)")
    }
    // Two groups of rows, and nothing that is fetched.
    #expect(html.components(separatedBy: "<tbody>").count == 3)
    for word in ["src=", "<link", "url(", "@import", "http://", "https://"] {
      let rest = html.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
      #expect(!rest.contains(word), "\(word)")
    }
  }

  /// The policy names the script that the page has, so that no other runs.
  @Test func policyNamesTheScript() throws {
    let html = Self.document.html
    let script = try #require(html.firstMatch(of: /<script>((?s:.*))<\/script>/)).output.1
    let digest = Data(Digest.sha256(Data(script.utf8))).base64EncodedString()
    #expect(html.contains("script-src 'sha256-\(digest)'"))
    #expect(html.contains("default-src 'none'"))
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\" onload=\"x", "</style><img src=x>",
    "a\u{0}\u{1b}[31m\u{202e}b",
  ])
  func hostileNamesAreTextEverywhere(name: String) {
    let document = Document(
      name, opening: [.paragraph(name)],
      [
        .init(
          name,
          [
            .note(name), .verbatim(name), .folded(name, []),
            .table(.init(name, [["task", name], [name, name]])),
            .figure(HeatMap(title: name, rows: [name], columns: [name], values: [[1]]).figure),
          ])
      ])
    let html = document.html
    #expect(
      !html.contains("<script>alert") && !html.contains("<img") && !html.contains("onload=\"x"))
    for text in [document.text, document.markdown, document.latex, html] {
      #expect(!text.unicodeScalars.contains { ["\u{0}", "\u{1b}", "\u{202e}"].contains($0) })
    }
    #expect(!document.markdown.replacingOccurrences(of: "    <", with: "").contains("<script>"))
  }

  @Test func hugeStringsAreCut() {
    let name = String(repeating: "x", count: 1_000_000)
    let document = Document(name, [.init(name, [.table(.init(name, [[name], [name]]))])])
    for text in [document.text, document.markdown, document.latex, document.html] {
      #expect(text.utf8.count < 30_000 && text.contains("…"))
    }
  }

  /// In a time that grows with its length, not with its square, which would be a minute.
  @Test func longFilesAreShownWhole() {
    let text = String(repeating: "x", count: 400_000)
    let start = ContinuousClock.now
    #expect(Document("d", [.init("s", [.verbatim(text)])]).text.utf8.count == 400_003)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  /// pdflatex knows these without any package.
  @Test(
    arguments: [
      ("ρ = −0.5 ± σ²", "$\\rho$ = $-$0.5 $\\pm$ $\\sigma$$^2$"),
      ("√x ≠ θ₀ᵢ′", "$\\surd$x $\\neq$ $\\theta$$_0$$_i$$'$"),
      ("2 × 3 → 6 – … “é” ε", "2 $\\times$ 3 $\\rightarrow$ 6 -- \\ldots{} ``é'' $\\varepsilon$"),
    ])
  func signsAreCommandsInLaTeX(text: String, latex: String) {
    #expect(Document("d", opening: [.paragraph(text)], []).latex == "% d\n\n" + latex)
  }

  @Test(
    arguments: [
      ("# a", "\\# a"), ("- a", "\\- a"), ("+ a", "\\+ a"), ("---", "\\---"), ("1. a", "1\\. a"),
      ("12) a", "12\\) a"), ("> a", "&gt; a"), ("    a", "a"), ("| a", "\\| a"), ("* a", "\\* a"),
      ("= a", "\\= a"), ("\t# a", "\\# a"), ("1.5 is a number", "1\\.5 is a number"),
      ("a - 1. # b", "a - 1. # b"), ("", ""), ("12", "12"),
    ])
  func paragraphsAreNothingElseInMarkdown(text: String, markdown: String) {
    let document = Document("d", opening: [.paragraph(text), .note(text)], [])
    #expect(document.markdown == "# d\n\n\(markdown)\n\n> \(markdown)")
  }

  @Test func emptyTablesAreTables() {
    for table in [Document.Table("none", []), Document.Table("head", [["a", "b"]])] {
      let document = Document("d", [.init("s", [.table(table)])])
      #expect(document.text.hasPrefix("s\n\n\(table.caption)"))
      #expect(document.html.contains("</thead>\n</table>"))
      #expect(document.latex.contains("\\end{tabular}") && !document.markdown.isEmpty)
    }
  }

  @Test func headingsHaveNamesOfTheirOwn() {
    let html = Document("d", ["α β", "Loss", "loss!", ""].map { .init($0, []) }).html
    for name in ["part-1", "loss", "part-3", "part-4"] {
      #expect(html.contains("<section id=\"\(name)\">") && html.contains("href=\"#\(name)\""))
    }
  }

  @Test(
    arguments: [
      ("1.5", 1.5), ("+2.00", 2), ("<0.0001", 0.0001), ("× 1.250", 1.25), ("3 *", 3), ("-4", -4),
      ("nan", nil), ("infinity", nil), ("B-PER", nil), ("", nil), ("1-2", nil),
    ] as [(String, Double?)])
  func cellsAreNumbersIfTheyReadAsSuch(text: String, number: Double?) {
    #expect(Document.Cell(text).number == number)
  }
}
