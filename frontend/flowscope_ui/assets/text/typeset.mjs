// Subscripts and superscripts in names, `λ_1`, `σ_{min}`, `e^{−t}`, for the canvas, for HTML and for Plotly.

/** @typedef {"_" | "^"} Mark */

const MARKED = /([_^])(?:\{([^}]*)\}|(\w)(?!\w))/;

/**
 * [{mark: "" | "_" | "^", text}] in order.
 *
 * @param {string} text
 */
export function parts(text) {
  /** @type {{ mark: "" | Mark, text: string }[]} */
  const out = [];
  let rest = text;
  for (let found = MARKED.exec(rest); found; found = MARKED.exec(rest)) {
    if (found.index) out.push({ mark: "", text: rest.slice(0, found.index) });
    out.push({ mark: /** @type {Mark} */ (found[1]), text: found[2] ?? found[3] });
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest || !out.length) out.push({ mark: "", text: rest });
  return out;
}

const TAGS = { _: "sub", "^": "sup" };

/**
 * The same as DOM nodes.
 *
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function nodes(text) {
  return parts(text).map(({ mark, text: run }) =>
    mark ? Object.assign(document.createElement(TAGS[mark]), { textContent: run }) : run,
  );
}

/**
 * The same as Plotly's markup, with what a person wrote escaped.
 *
 * @param {string} text
 */
export function markup(text) {
  const escape = (/** @type {string} */ run) => run.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return parts(text)
    .map(({ mark, text: run }) => (mark ? `<${TAGS[mark]}>${escape(run)}</${TAGS[mark]}>` : escape(run)))
    .join("");
}
