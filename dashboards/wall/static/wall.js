// Draws the wall. What is shown, how it is called and what is thought of it come with the data.

import { fill as fillDetails, open as openDetails } from "./details.js";
import { fit, isOver } from "./fit.js";
import { addLine, putLine } from "./line.js";
import { add, clear, live, put, putNumber, spoken, wear } from "./live.js";

const asked = new URLSearchParams(location.search);
const chosenTiles = (asked.get("tiles") || "").split(",").filter(Boolean);
const rotate = Number(asked.get("rotate")) || 0; // seconds
const floors = document.getElementById("floors");
const alerts = document.getElementById("alerts");
const feeds = document.getElementById("feeds");
let wall = null; // the last document
let drawn = ""; // the structure that is on the page
let parts = []; // its elements, floor by floor
let firing = ""; // the alerts that are on the page
let fitted = ""; // the notice, alerts and structure to which the floors were fitted

/** Returns what is wrong with all of the wall, in words. */
function show(sent) {
  wall = sent;
  const shown = chosen(wall.floors);
  fillAlerts(wall.banner);
  fillFeeds(wall.feeds, shown.length > 0);
  const structure = JSON.stringify(shown.map(structureOf));
  if (structure !== drawn) {
    clear(floors);
    parts = shown.map(drawFloor);
    drawn = structure;
  }
  shown.forEach((floor, index) => fillFloor(parts[index], floor));
  fillDetails(wall, shown);
  return wall.message || nothing(shown);
}

/** The floors to show: the one that was asked for, one team of it, or one at a time. */
function chosen(all) {
  const name = asked.get("floor");
  const team = asked.get("team");
  let shown = all.filter((floor) => name === null || floor.name === name);
  if (team !== null) shown = shown.map((floor) => asTeam(floor, team)).filter(Boolean);
  if (rotate <= 0 || shown.length < 2) return shown;
  return [shown[Math.floor(performance.now() / 1000 / rotate) % shown.length]];
}

/** A team as if it were a floor of its own; null where there is none of that name. */
function asTeam(floor, name) {
  const team = floor.teams.find((other) => other.name === name);
  return team ? Object.assign({}, floor, team, { teams: [], notes: [], best: "" }) : null;
}

function nothing(shown) {
  if (shown.length > 0) return "";
  const names = [asked.get("team"), asked.get("floor")].filter(Boolean);
  return names.length > 0 ? `${document.body.dataset.nowhere} ${names.join(", ")}` : "";
}

const structureOf = (floor) => [
  floor.name,
  tiles(floor).map((kpi) => kpi.name),
  teams(floor).map((team) => team.name),
  floor.notes.length,
];

/** What has a tile of its own, or the tiles that were asked for, in that order. */
function tiles(owner) {
  if (chosenTiles.length === 0) return owner.kpis.filter((kpi) => kpi.is_tile);
  return chosenTiles.map((name) => owner.kpis.find((kpi) => kpi.name === name)).filter(Boolean);
}

/** The teams of a floor, but for the only one where it is the floor itself. */
function teams(floor) {
  const [first, ...others] = floor.teams;
  return first && others.length === 0 && first.name === floor.name ? [] : floor.teams;
}

/** Once the notice is said: what takes room may have changed. */
function fitAnew() {
  document.body.classList.toggle("bare", floors.childElementCount === 0);
  const before = fitted;
  fitted = [document.getElementById("notice").textContent, firing, drawn].join();
  if (fitted !== before || isOver(floors)) resize();
}

/** The next floor, where they are shown one at a time. */
function turn() {
  if (!wall) return;
  show(wall);
  fitAnew();
}

function resize() {
  const most = wall ? Math.max(1, ...chosen(wall.floors).map((floor) => tiles(floor).length)) : 1;
  fit(floors, most);
}

// -- drawing: once for each structure

function drawFloor(floor) {
  const section = add(floors, "section", "floor");
  const head = add(section, "header", "head");
  return {
    section,
    name: add(head, "h1", "name"),
    hours: add(head, "p", "hours"),
    age: add(head, "p", "age"),
    best: add(head, "p", "best"),
    tiles: tiles(floor).map((kpi) => drawTile(section, kpi.name, floor.name)),
    teams: teams(floor).map(() => drawTeam(section, tiles(floor).length)),
    notes: floor.notes.map(() => add(section, "p", "note")),
  };
}

function drawTile(section, kpi, floor) {
  const tile = add(section, "article", "tile");
  tile.onclick = () => openDetails(kpi, floor, () => fillDetails(wall, chosen(wall.floors)));
  const title = add(add(tile, "h2", "title"), "button", "opens");
  title.type = "button";
  return {
    tile,
    title,
    number: add(tile, "p", "number"),
    sample: add(tile, "p", "sample"),
    verdict: add(tile, "p", "verdict"),
    goal: add(tile, "p", "goal"),
    beside: add(tile, "p", "beside"),
    window: add(tile, "p", "window"),
    line: addLine(tile),
  };
}

function drawTeam(section, count) {
  const head = add(section, "header", "team-head");
  return {
    name: add(head, "h2", "team-name"),
    about: add(head, "p", "team-about"),
    cells: Array.from({ length: count }, () => drawCell(section)),
  };
}

function drawCell(section) {
  const cell = add(section, "div", "cell");
  const title = add(cell, "p", "cell-title");
  const line = add(cell, "p", "cell-line");
  return {
    cell,
    title,
    number: add(line, "span", "cell-number"),
    shape: add(line, "span", "cell-shape"),
    word: add(line, "span", "cell-word"),
    beside: add(cell, "p", "cell-beside"),
  };
}

// -- filling: with every document

function fillFloor(part, floor) {
  put(part.name, floor.name);
  put(part.hours, floor.hours);
  part.hours.classList.toggle("closed", floor.is_open === false);
  put(part.age, floor.age_line);
  part.age.classList.toggle("warning", floor.is_stale);
  put(part.best, floor.best);
  floor.notes.forEach((note, index) => put(part.notes[index], note));
  part.section.classList.toggle("doubted", Boolean(floor.incomplete));
  tiles(floor).forEach((kpi, index) => fillTile(part.tiles[index], kpi));
  teams(floor).forEach((team, index) => fillTeam(part.teams[index], team));
}

function fillTile(part, kpi) {
  part.tile.dataset.state = kpi.state;
  put(part.title, kpi.title);
  putNumber(part.number, kpi.text);
  put(part.sample, kpi.sample);
  put(part.verdict, kpi.reason || `${kpi.shape} ${kpi.verdict}`.trim());
  put(part.goal, kpi.goal);
  put(part.beside, kpi.beside);
  put(part.window, kpi.window);
  putLine(part.line, kpi);
}

function fillTeam(part, team) {
  put(part.name, team.name);
  put(part.about, team.about);
  part.about.classList.toggle("warning", Boolean(team.incomplete));
  part.about.title = team.incomplete;
  tiles(team).forEach((kpi, index) => fillCell(part.cells[index], kpi));
}

function fillCell(part, kpi) {
  part.cell.dataset.state = kpi.state;
  put(part.title, kpi.title);
  putNumber(part.number, kpi.text);
  put(part.shape, kpi.shape);
  put(part.word, kpi.verdict.split(":")[0]);
  put(part.beside, kpi.reason || kpi.sample || kpi.beside);
}

function fillAlerts(lines) {
  if (JSON.stringify(lines) === firing) return;
  firing = JSON.stringify(lines);
  alerts.hidden = lines.length === 0;
  clear(alerts);
  for (const { urgency, label, text } of lines) {
    const line = add(alerts, "li", "alert");
    line.dataset.urgency = urgency;
    put(add(line, "span", "alert-urgency"), label);
    put(add(line, "span", "alert-text"), text);
  }
}

function fillFeeds(all, areShown) {
  feeds.hidden = !areShown;
  while (feeds.childElementCount < all.length) add(feeds, "span", "feed");
  all.forEach((feed, index) => put(feeds.children[index], feed.text));
}

wear(asked.get("theme"));
addEventListener("resize", resize);
if (rotate > 0) setInterval(turn, 1000);
live(spoken("events"), spoken("data"), show, fitAnew);
