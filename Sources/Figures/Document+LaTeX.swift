extension Document {
  /// The document as LaTeX to be put into another one: sections, and plain tables that need no
  /// package.
  public var latex: String {
    let parts = opening.compactMap(Self.latex) + sections.compactMap(Self.latex)
    return (["% " + title.shown()] + parts).joined(separator: "\n\n")
  }

  /// Nil if nothing of `section` can be shown as LaTeX.
  private static func latex(_ section: Section) -> String? {
    let parts = section.blocks.compactMap(latex)
    guard !parts.isEmpty else { return nil }
    return (["\\section*{\(latex(section.heading))}"] + parts).joined(separator: "\n\n")
  }

  private static func latex(_ block: Block) -> String? {
    switch block {
    case .paragraph(let text), .note(let text): return latex(text, limit: String.longest)
    case .verbatim(let text):
      let lines = text.lines.map { line in
        let indent = line.prefix { $0 == " " }.count
        return "\\hspace*{\(indent)ex}" + latex(line, limit: .max)
      }
      return "\\begin{flushleft}\\ttfamily\n" + lines.joined(separator: "\\newline\n")
        + "\n\\end{flushleft}"
    case .figure: return nil
    case .folded(let title, let blocks):
      let parts = blocks.compactMap(latex)
      return parts.isEmpty
        ? nil : (["\\subsection*{\(latex(title))}"] + parts).joined(separator: "\n\n")
    case .table(let table): return latex(table)
    }
  }

  private static func latex(_ table: Table) -> String {
    func line(_ cells: [String]) -> String { cells.joined(separator: " & ") + " \\\\" }
    let columns = table.isNumeric.map { $0 ? "r" : "l" }.joined()
    let groups = table.groups.map { rows in
      rows.map { row in
        line(
          row.map { cell in
            let text = latex(cell.signed)
            return cell.mark == .best ? "\\textbf{\(text)}" : text
          })
      }.joined(separator: "\n") + "\n\\hline\n"
    }
    let caption =
      table.caption.isEmpty ? "" : "\\caption{\(latex(table.caption, limit: String.longest))}\n"
    return "\\begin{table}[ht]\n\\centering\n\(caption)\\begin{tabular}{\(columns)}\n\\hline\n"
      + line(table.head.map { latex($0) }) + "\n\\hline\n" + groups.joined()
      + "\\end{tabular}\n\\end{table}"
  }

  /// What TeX reads as commands, and signs that its usual fonts do not have.
  private static let signs: [Unicode.Scalar: String] = [
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "#": "\\#", "$": "\\$", "%": "\\%",
    "&": "\\&", "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}",
    "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}", "`": "\\textasciigrave{}",
    "\"": "''",
    // Behind the end of a row these would be its options.
    "[": "{[}", "]": "{]}", "*": "{*}",
    "…": "\\ldots{}", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''",
    "\u{a0}": "~",
  ].merging(mathematics) { own, _ in own }

  /// Signs of mathematics as commands that need no package.
  private static let mathematics: [Unicode.Scalar: String] = {
    let names: [Unicode.Scalar: String] = [
      "±": "pm", "×": "times", "→": "rightarrow", "←": "leftarrow", "↔": "leftrightarrow",
      "✗": "times", "·": "cdot", "‖": "Vert", "∪": "cup", "∩": "cap", "√": "surd", "≠": "neq",
      "≤": "leq", "≥": "geq", "≈": "approx", "∘": "circ", "∂": "partial", "∇": "nabla",
      "∞": "infty", "∈": "in", "∝": "propto", "∑": "sum", "ℓ": "ell", "α": "alpha", "β": "beta",
      "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
      "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi",
      "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi",
      "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
      "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
    ]
    var signs = names.mapValues { "$\\\($0)$" }
    signs["−"] = "$-$"
    signs["′"] = "$'$"
    for (places, values, mark) in [
      ("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁱⁿᵏˢᵗᵀ", "0123456789+-inkstT", "^"),
      ("₀₁₂₃₄₅₆₇₈₉₊₋ᵢⱼₖₙₜ", "0123456789+-ijknt", "_"),
    ] {
      for (place, value) in zip(places.unicodeScalars, values) {
        signs[place] = "$\(mark)\(value)$"
      }
    }
    return signs
  }()

  /// `text` as one line in which nothing is a command.
  private static func latex(_ text: String, limit: Int = String.shortest) -> String {
    text.shown(limit: limit).unicodeScalars.map { signs[$0] ?? String($0) }.joined()
  }
}
