/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_HTML_STYLE_H
#define PC_CLI_REPORT_HTML_STYLE_H

/** The style sheet of the HTML report. It must contain neither '<' nor '&', since it is written unescaped. */
static const char *const pc_report_html_style[] = {
    /* The page. Greys that can be printed; a colour only repeats what a word says. */
    ":root { color-scheme: light; --ink: #1b1d20; --soft: #50565e; --line: #c3c8ce; --pale: #f3f4f6; --fail: #a11212;\n"
    "  --warning: #7a4b00; --waived: #2b4a86; --pass: #1d6135; }\n"
    "* { box-sizing: border-box; }\n"
    "body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 2rem 4rem; color: var(--ink); background: #fff;\n"
    "  overflow-wrap: break-word;\n"
    "  font: 1rem/1.5 system-ui, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif; }\n"
    "h1 { margin: 0.1rem 0 1.4rem; font-size: 1.75rem; line-height: 1.25; }\n"
    "h2 { margin: 2.6rem 0 0.8rem; padding-bottom: 0.3rem; border-bottom: 2px solid var(--ink); font-size: 1.2rem; }\n"
    "h3 { margin: 0; font-size: 1.05rem; line-height: 1.4; }\n"
    "p { margin: 0.5rem 0; }\n"
    "a { color: inherit; }\n"
    ".kicker { margin: 0; color: var(--soft); font-size: 0.9rem; }\n"
    ".note { color: var(--soft); font-size: 0.9rem; }\n"
    ".id, .number { font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    ".id { font-family: ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Consolas, monospace; font-size: 0.92em; "
    "}\n"
    ".text { white-space: pre-wrap; overflow-wrap: anywhere; }\n",
    /* The overall verdict. */
    ".overall { padding: 1rem 1.3rem; border: 1px solid var(--line); border-left: 0.6rem solid var(--ink);\n"
    "  background: var(--pale); }\n"
    ".overall strong { display: block; font-size: 1.9rem; line-height: 1.2; letter-spacing: 0.02em; }\n"
    ".overall p { margin: 0.25rem 0 0; }\n"
    ".overall.fail { border-left-color: var(--fail); } .overall.fail strong { color: var(--fail); }\n"
    ".overall.pass { border-left-color: var(--pass); } .overall.pass strong { color: var(--pass); }\n",
    ".bar { display: block; width: 100%; height: 0.9rem; margin-top: 1.2rem; }\n"
    ".bar .fail { fill: var(--fail); } .bar .warning { fill: var(--warning); } .bar .waived { fill: var(--waived); }\n"
    ".bar .pass { fill: var(--pass); } .bar .not-checked { fill: var(--line); }\n"
    ".bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }\n"
    ".drawings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem "
    "2rem;\n"
    "  align-items: start; break-inside: avoid; }\n"
    ".drawings svg { display: block; overflow: hidden; font-size: 14px; print-color-adjust: exact;\n"
    "  -webkit-print-color-adjust: exact; }\n"
    ".drawings text { fill: var(--ink); } .drawings .role { fill: var(--soft); font-size: 12.5px; }\n"
    ".box { fill: var(--pale); stroke: var(--ink); } .box.over { stroke: var(--fail); stroke-width: 2px; }\n"
    ".drawings line, .drawings path { stroke: var(--ink); fill: var(--ink); } .unknown { stroke-dasharray: 3 3; }\n"
    ".time { fill: var(--pass); } .time.over { fill: var(--fail); } .now { stroke-width: 2px; }\n"
    "h2.report { margin-top: 4rem; font-size: 1.45rem; }\n",
    /* Tables. */
    "table { width: 100%; border-collapse: collapse; font-size: 0.95rem; }\n"
    "caption { text-align: left; color: var(--soft); font-size: 0.9rem; padding-bottom: 0.3rem; }\n"
    "th, td { padding: 0.4rem 0.7rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: "
    "top; }\n"
    "thead th { border-bottom: 1px solid var(--ink); font-size: 0.88rem; }\n"
    "tbody th { font-weight: 600; }\n"
    "table.facts th { width: 11rem; }\n"
    "table.facts td { overflow-wrap: anywhere; white-space: pre-wrap; }\n"
    "table.counts { margin-top: 1.2rem; table-layout: fixed; }\n"
    "table.counts th { border: 0; padding-bottom: 0; font-weight: 400; color: var(--soft); }\n"
    "table.counts td { border: 0; padding-top: 0; font-size: 1.7rem; font-weight: 600; line-height: 1.2; }\n",
    /* A verdict: a word in a frame of a distinct style. */
    ".verdict { display: inline-block; min-width: 7.6rem; padding: 0.05rem 0.4rem; border: 2px solid; border-radius: "
    "3px;\n"
    "  font-size: 0.8rem; font-weight: 700; line-height: 1.45; text-align: center; white-space: nowrap; }\n"
    ".verdict.fail { color: #fff; background: var(--fail); border-color: var(--fail);\n"
    "  print-color-adjust: exact; -webkit-print-color-adjust: exact; }\n"
    ".verdict.warning { color: var(--warning); border-style: double; border-width: 4px; line-height: 1.1; }\n"
    ".verdict.waived { color: var(--waived); border-style: dashed; }\n"
    ".verdict.pass { color: var(--pass); border-width: 1px; }\n"
    ".verdict.not-checked { color: var(--soft); border-style: dotted; }\n",
    /* A rule. */
    "article { padding: 0.9rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }\n"
    "article header { display: grid; grid-template-columns: 7.6rem 1fr auto; gap: 0 1rem; align-items: baseline; }\n"
    "h3 .id { margin-right: 0.35rem; }\n"
    "article .severity { color: var(--soft); font-size: 0.88rem; white-space: nowrap; }\n"
    "dl { display: grid; grid-template-columns: 7.6rem 1fr; gap: 0.3rem 1rem; margin: 0.5rem 0 0; font-size: 0.95rem; "
    "}\n"
    "dt { color: var(--soft); font-size: 0.88rem; line-height: 1.6; }\n"
    "dd { margin: 0; }\n"
    "dd.waiver { padding-left: 0.7rem; border-left: 3px solid var(--waived); }\n"
    ".sign { display: grid; grid-template-columns: 1fr 1fr; gap: 2.6rem 2.5rem; margin: 2.8rem 0 0; }\n"
    ".sign p { margin: 0; padding-top: 0.3rem; border-top: 1px solid var(--ink); font-size: 0.88rem; }\n"
    ".sign .wide { grid-column: 1 / -1; }\n"
    "footer { margin-top: 3rem; color: var(--soft); font-size: 0.88rem; }\n"
    "@media (max-width: 40rem) { body { padding: 1.2rem 1rem; } article header, dl { grid-template-columns: 1fr; }\n"
    "  article .verdict { justify-self: start; } dt { margin-top: 0.3rem; } .sign { grid-template-columns: 1fr; }\n"
    "  .scroll { overflow-x: auto; }\n"
    "  table.rules thead { position: absolute; clip-path: inset(50%); }\n"
    "  table.rules tr { display: grid; grid-template-columns: 1fr auto; gap: 0 0.6rem; padding: 0.4rem 0;\n"
    "    border-bottom: 1px solid var(--line); }\n"
    "  table.rules th, table.rules td { padding: 0; border: 0; }\n"
    "  table.rules td:nth-child(2) { grid-column: 1 / -1; grid-row: 2; } table.rules td:nth-child(3) { display: none; "
    "}\n"
    "  table.counts { table-layout: auto; } table.counts th { font-size: 0.75rem; } }\n",
    /* Dark mode: the same contrasts, inverted. Paper stays white. */
    "@media screen and (prefers-color-scheme: dark) {\n"
    "  :root { color-scheme: dark; --ink: #e8eaed; --soft: #a9b0b8; --line: #4a5058; --pale: #24272b; --fail: "
    "#ff8a80;\n"
    "    --warning: #f2b45c; --waived: #9db8f2; --pass: #7fd19b; }\n"
    "  body { background: #17191c; } .verdict.fail { color: #17191c; } }\n",
    /* On paper. */
    "@page { size: A4; margin: 18mm 16mm 20mm;\n"
    "  @bottom-left { content: 'p11cert: policy check report'; font: 8pt sans-serif; color: #50565e; }\n"
    "  @bottom-right { content: 'Page ' counter(page) ' of ' counter(pages); font: 8pt sans-serif; color: #50565e; } "
    "}\n"
    "@media print { html { font-size: 9.5pt; } body { max-width: none; padding: 0; line-height: 1.4; }\n"
    "  th, td { padding-block: 0.22rem; } a { text-decoration: none; }\n"
    "  h2 { margin-top: 1.9rem; break-after: avoid; } h2 + p, caption { break-after: avoid; }\n"
    "  thead { display: table-header-group; } tr, .overall, .sign, table.counts { break-inside: avoid; }\n"
    "  .signing { break-inside: avoid; break-after: avoid; } .sign { row-gap: 3.6rem; } p { orphans: 3; widows: 3; } "
    "}\n",
};

#endif
