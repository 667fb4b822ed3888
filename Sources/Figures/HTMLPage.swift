/// What every page has in common: how it looks, and the few lines that make its tables sortable.
enum HTMLPage {
  /// Nothing is loaded, and no script runs but `script`, which is named by its SHA-256.
  static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    + "script-src '\(scriptDigest)'"

  /// The SHA-256 of `script`.
  static let scriptDigest = "sha256-xmRxdIqqlgibQr6KwHNUKJ/wyBiFT/9A/40G5Qrn28k="

  /// Puts a button into every head of a table with several rows, beside its text, which would not be
  /// printed in the heads of further pages if it stood in the button; opens what is folded for printing.
  /// Rows stay in their group; what is no number stays below the numbers.
  static let script = """

    for (const table of document.querySelectorAll("table")) {
      const groups = [...table.tBodies], heads = [...table.tHead.rows[0].cells];
      if (groups.every(group => group.rows.length < 2)) continue;
      heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.ariaLabel = "Sort by " + head.textContent;
        head.abbr = head.textContent;
        head.append(button);
        head.addEventListener("click", () => {
          const rises = head.getAttribute("aria-sort") !== "ascending";
          heads.forEach(other => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", rises ? "ascending" : "descending");
          const sign = rises ? 1 : -1, isNumeric = head.classList.contains("number");
          const compare = (a, b) => {
            const [x, y] = [a, b].map(row => row.cells[column]);
            if (!isNumeric) return sign * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
            const [v, w] = [x, y].map(cell => "value" in cell.dataset ? +cell.dataset.value : NaN);
            if (isNaN(v) || isNaN(w)) return isNaN(v) - isNaN(w);
            return sign * (v - w);
          };
          for (const group of groups) group.append(...[...group.rows].sort(compare));
        });
      });
    }
    addEventListener("beforeprint", () => {
      for (const part of document.querySelectorAll("details")) part.open = true;
    });

    """

  /// Colours in light and dark with a contrast of at least 4.5 for all text; drawings stay on white.
  /// Whatever is wide scrolls in a box of its own.
  static let style = """

    :root { color-scheme: light dark; --page: #fff; --ink: #1c1c1c; --soft: #555; --line: #ccc;
      --head: #f1f3f5; --link: #0b57a4; --best: #e2f0e4; --wrong: #9a1010; --wrong-page: #fdeaea;
      --note: #fff6dc; }
    @media (prefers-color-scheme: dark) { @media screen { :root { --page: #16191d; --ink: #e8e8e8;
      --soft: #b0b4b9; --line: #474c53; --head: #23282e; --link: #8cbcff; --best: #1f3a26;
      --wrong: #ffb4ab; --wrong-page: #442020; --note: #3a3216; } } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--page); color: var(--ink);
      font: 1rem/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
    h2 { font-size: 1.25rem; margin: 0; }
    h1, h2, p, li, summary, figcaption { overflow-wrap: anywhere; }
    section { margin: 2rem 0; scroll-margin-top: 1rem; }
    a { color: var(--link); }
    nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: 0; padding: .6rem 0; list-style: none;
      border: solid var(--line); border-width: 1px 0; }
    p { margin: .6rem 0; max-width: 50rem; }
    .note { background: var(--note); border-left: .3rem solid var(--soft); padding: .4rem .8rem; }
    figure { margin: 1rem 0; }
    figcaption { color: var(--soft); margin-bottom: .3rem; max-width: 50rem; }
    .scroll, pre { overflow-x: auto; max-width: 100%; }
    pre { background: var(--head); padding: .8rem; font-size: .85rem; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .7rem; text-align: left; white-space: nowrap; unicode-bidi: isolate; }
    thead th { background: var(--head); border-bottom: 2px solid var(--soft); vertical-align: bottom; }
    tbody th { font-weight: normal; }
    tbody tr + tr > * { border-top: 1px solid var(--line); }
    tbody + tbody { border-top: 2px solid var(--soft); }
    .number { text-align: right; }
    .best { background: var(--best); }
    .wrong { background: var(--wrong-page); color: var(--wrong); }
    thead th:has(button) { cursor: pointer; }
    thead button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
    thead button::after { content: "\\2195"; color: var(--soft); margin-left: .3rem; }
    [aria-sort=ascending] button::after { content: "\\2191"; }
    [aria-sort=descending] button::after { content: "\\2193"; }
    :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
    .drawing svg { display: block; max-width: 100%; height: auto; }
    @media (min-width: 70rem) {
      .drawing { display: inline-block; max-width: 100%; margin-right: 1rem; vertical-align: top; }
      .drawing svg[width="720"] { width: 33.5rem; }
    }
    summary { cursor: pointer; padding: .3rem 0; }
    summary h2 { display: inline; }
    @media print {
      body { max-width: none; padding: 0; font-size: 10pt; }
      nav, thead button { display: none; }
      details::details-content { content-visibility: visible; display: block; height: auto; }
      .scroll, pre { overflow: visible; }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; }
      table { font-size: 8.5pt; }
      th, td { white-space: normal; padding: .1rem .4rem; }
      tbody th, td { overflow-wrap: anywhere; }
      thead { display: table-header-group; }
      tr, .drawing { break-inside: avoid; }
      h2, figcaption, summary { break-after: avoid; }
      .drawing svg { max-height: 90vh; }
    }

    """
}
