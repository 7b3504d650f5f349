// Draws the wall. What is shown, how it is called and what is thought of it come with the data.

import { add, live, notice, put, putNumber } from "/static/live.js";

const onlyFloor = new URLSearchParams(location.search).get("floor");
const floors = document.getElementById("floors");
const alerts = document.getElementById("alerts");
const feeds = document.getElementById("feeds");
// Heights in the unit of wall.css, so that everything fits on the screen.
const FLOOR_HEIGHT = 4.1;
const TEAM_HEIGHT = 1;
const LINE_HEIGHT = 0.5;
const ALERT_HEIGHT = 0.45;
const MOST_ALERTS = 3;
let drawn = ""; // the structure that is on the page
let parts = []; // its elements, floor by floor
let message = "";
let isLost = false;

function show(wall) {
  const shown = wall.floors.filter((floor) => onlyFloor === null || floor.name === onlyFloor);
  const structure = JSON.stringify(
    shown.map((floor) => [floor.name, tiles(floor).length, teams(floor).map((team) => team.name)]),
  );
  if (structure !== drawn) {
    draw(shown);
    drawn = structure;
  }
  shown.forEach((floor, index) => fillFloor(parts[index], floor));
  const lines = fillAlerts(wall);
  const height = shown.map(heightOf).reduce((sum, each) => sum + each, lines * ALERT_HEIGHT);
  floors.style.setProperty("--rows", String(height));
  fillFeeds(wall.feeds, shown.length > 0);
  message = wall.message;
  if (!message && wall.floors.length === 0) message = "There are no floors on the roster.";
  else if (!message && shown.length === 0) message = `There is no floor ${onlyFloor}.`;
  tell();
}

function tell() {
  notice(isLost ? "No connection to the wall." : message);
  document.body.classList.toggle("lost", isLost);
  document.body.classList.toggle("noticed", isLost || message !== "");
  document.body.classList.toggle("bare", floors.childElementCount === 0);
}

const tiles = (owner) => owner.kpis.filter((kpi) => kpi.is_tile);

/** The teams of a floor, but for the only one where it is the floor itself. */
function teams(floor) {
  const [first, ...others] = floor.teams;
  return first && others.length === 0 && first.name === floor.name ? [] : floor.teams;
}

function heightOf(floor) {
  const lines = [floor.incomplete, floor.hidden].filter(Boolean).length;
  return FLOOR_HEIGHT + lines * LINE_HEIGHT + TEAM_HEIGHT * teams(floor).length;
}

function draw(shown) {
  floors.replaceChildren();
  parts = shown.map(drawFloor);
}

function drawFloor(floor) {
  const section = add(floors, "section", "floor");
  section.style.setProperty("--tiles", String(tiles(floor).length));
  const head = add(section, "header", "head");
  return {
    section,
    name: add(head, "h1", "name"),
    standing: add(head, "p", "standing"),
    age: add(head, "p", "age"),
    tiles: tiles(floor).map(() => drawTile(section)),
    incomplete: add(section, "p", "incomplete"),
    hidden: add(section, "p", "hidden-teams"),
    teams: teams(floor).map(() => drawTeam(section, tiles(floor).length)),
  };
}

function drawTile(section) {
  const tile = add(section, "article", "tile");
  return {
    tile,
    title: add(tile, "h2", "title"),
    number: add(tile, "p", "number"),
    sample: add(tile, "p", "sample"),
    verdict: add(tile, "p", "verdict"),
    goal: add(tile, "p", "goal"),
    beside: add(tile, "p", "beside"),
    window: add(tile, "p", "window"),
  };
}

function drawTeam(section, count) {
  const row = add(section, "div", "team");
  const head = add(row, "header", "team-head");
  return {
    row,
    name: add(head, "h2", "team-name"),
    about: add(head, "p", "team-about"),
    cells: Array.from({ length: count }, () => drawCell(row)),
  };
}

function drawCell(row) {
  const cell = add(row, "div", "cell");
  const title = add(cell, "p", "cell-title");
  const line = add(cell, "p", "cell-line");
  return {
    cell,
    title,
    number: add(line, "span", "cell-number"),
    shape: add(line, "span", "cell-shape"),
    beside: add(cell, "p", "cell-beside"),
  };
}

function fillFloor(part, floor) {
  put(part.name, floor.name);
  const hours = { true: "open", false: "closed", null: "not on the roster" }[floor.is_open];
  put(part.standing, [floor.time, hours].filter(Boolean).join(" · "));
  part.standing.classList.toggle("closed", floor.is_open === false);
  put(part.age, floor.is_stale ? `stale: ${floor.age_text}` : floor.age_text);
  part.age.classList.toggle("warning", floor.is_stale);
  put(part.incomplete, floor.incomplete && `incomplete: ${floor.incomplete}`);
  part.incomplete.hidden = !floor.incomplete;
  put(part.hidden, floor.hidden);
  part.hidden.hidden = !floor.hidden;
  tiles(floor).forEach((kpi, index) => fillTile(part.tiles[index], kpi));
  teams(floor).forEach((team, index) => fillTeam(part.teams[index], team));
}

function fillTile(part, kpi) {
  part.tile.dataset.state = kpi.state;
  put(part.title, kpi.title);
  putNumber(part.number, kpi.text);
  put(part.verdict, kpi.reason || `${kpi.shape} ${kpi.verdict}`.trim());
  put(part.sample, kpi.sample);
  put(part.goal, kpi.goal);
  put(part.beside, kpi.beside);
  put(part.window, kpi.window);
}

function fillTeam(part, team) {
  put(part.name, team.name);
  put(part.about, team.incomplete ? "incomplete" : `${team.reps} ${team.reps === 1 ? "rep" : "reps"}`);
  part.about.classList.toggle("warning", Boolean(team.incomplete));
  part.about.title = team.incomplete;
  tiles(team).forEach((kpi, index) => fillCell(part.cells[index], kpi));
}

function fillCell(part, kpi) {
  part.cell.dataset.state = kpi.state;
  put(part.title, kpi.title);
  putNumber(part.number, kpi.text);
  put(part.shape, kpi.shape);
  part.shape.title = kpi.verdict;
  put(part.beside, kpi.reason || kpi.sample || kpi.beside);
}

/** Show the alerts that fire; gives the number of lines. */
function fillAlerts(wall) {
  const told = wall.alerts.slice(0, MOST_ALERTS).map((alert) => [alert.urgency, alert.summary]);
  const more = wall.alerts.length - told.length;
  if (more > 0) told[MOST_ALERTS - 1][1] += `, and ${more} more`;
  if (wall.alerts_trouble) told.push(["", wall.alerts_trouble]);
  alerts.hidden = told.length === 0;
  alerts.replaceChildren();
  for (const [urgency, text] of told) {
    const line = add(alerts, "li", "alert");
    line.dataset.urgency = urgency;
    put(add(line, "span", "alert-urgency"), urgency && `▲ ${urgency}`);
    put(add(line, "span", "alert-text"), text);
  }
  return told.length;
}

function fillFeeds(told, areShown) {
  feeds.hidden = !areShown;
  while (feeds.childElementCount < told.length) add(feeds, "span", "feed");
  told.forEach((feed, index) => put(feeds.children[index], feed.text));
}

live("/events", show, (lost) => {
  isLost = lost;
  tell();
});
