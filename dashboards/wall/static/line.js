// The small lines: how a KPI was through time, and its target or what was expected.

const pattern = document.getElementById("line").content.firstElementChild;

/** A line without anything on it, at the end of its parent. */
export function addLine(parent) {
  const svg = pattern.cloneNode(true);
  parent.appendChild(svg);
  return { svg, aim: svg.firstElementChild, path: svg.lastElementChild };
}

/** Draws the line of a KPI; nothing where it has none. */
export function putLine(part, kpi) {
  set(part.svg, "aria-label", `${kpi.title}, ${kpi.line_title}`);
  set(part.aim, "d", kpi.line.aim);
  set(part.path, "d", kpi.line.path);
  part.svg.classList.toggle("empty", !kpi.line.path);
}

function set(shape, name, value) {
  if (shape.getAttribute(name) !== value) shape.setAttribute(name, value);
}
