// What is behind a tile: its definition, its sample, and the sums of the floor and its teams.

import { addLine, putLine } from "./line.js";
import { add, clear, put } from "./live.js";

const sheet = document.getElementById("details");
const closer = document.getElementById("details-close");
const line = addLine(document.getElementById("details-line"));
let shown = null; // the KPI and the name of its floor, while it is open
let opener = null; // what had the focus before

/** Opens the details of a KPI of a floor; *refresh* fills them in. */
export function open(kpi, floor, refresh) {
  shown = { kpi, floor };
  opener = document.activeElement;
  refresh();
  sheet.hidden = false;
  closer.focus();
}

/** Fills the open details from a document; closed ones stay closed. */
export function fill(wall, floors) {
  if (shown === null) return;
  const floor = floors.find((other) => other.name === shown.floor);
  const figure = floor && figureOf(floor);
  if (!figure) return;
  const definition = wall.definitions[shown.kpi];
  put(document.getElementById("details-title"), `${figure.title}, ${figure.window}`);
  put(document.getElementById("details-help"), definition.help);
  put(document.getElementById("details-goal"), [figure.text, figure.sample, figure.goal].join(" · "));
  document.getElementById("details-line").dataset.state = figure.state;
  putLine(line, figure);
  put(document.getElementById("details-days"), figure.line.path ? figure.line_title : "");
  fillTable([floor].concat(floor.teams), Object.keys(figure.sums), definition.measures);
}

const figureOf = (owner) => owner.kpis.find((kpi) => kpi.name === shown.kpi);

function fillTable(owners, measures, titles) {
  const table = document.getElementById("details-table");
  clear(table);
  const head = add(add(table, "thead", ""), "tr", "");
  add(head, "td", "");
  [""].concat(measures).forEach((name) => head.appendChild(headCell("col", titles[name] || "")));
  const body = add(table, "tbody", "");
  owners.forEach((owner) => {
    const figure = figureOf(owner);
    const row = add(body, "tr", "");
    row.appendChild(headCell("row", owner.name));
    const judged = add(row, "td", "judged");
    judged.dataset.state = figure.state;
    put(add(judged, "span", "judged-number"), figure.text);
    put(add(judged, "span", "verdict"), `${figure.shape} ${figure.verdict}`.trim());
    measures.forEach((name) => put(add(row, "td", ""), figure.sum_texts[name]));
  });
}

function headCell(scope, text) {
  const cell = document.createElement(text ? "th" : "td");
  if (text) cell.setAttribute("scope", scope);
  put(cell, text);
  return cell;
}

function close() {
  if (shown === null) return;
  shown = null;
  sheet.hidden = true;
  if (opener) opener.focus();
}

closer.onclick = close;
sheet.onclick = (event) => event.target === sheet && close();
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
