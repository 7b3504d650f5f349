// Draws the page of a team. Who is on it, how and in which order, comes with the data.

import { addLine, putLine } from "./line.js";
import { add, live, put, putNumber, spoken, wear } from "./live.js";

const page = document.getElementById("page");
let parts = null; // the elements on the page, once there are numbers

/** Returns what is wrong with all of the page, in words. */
function show(team) {
  if (!parts) parts = draw(team);
  fill(team);
  return team.message;
}

function draw(team) {
  const head = add(page, "header", "rep-head");
  const name = add(head, "h1", "name");
  const about = add(head, "p", "hours");
  const list = add(page, "div", "people");
  const reps = team.reps.map(() => drawRep(list));
  const age = add(page, "p", "age");
  const back = add(add(page, "p", "age"), "a", "why");
  back.href = spoken(`${document.body.dataset.up}people`);
  put(back, document.body.dataset.people);
  document.body.classList.remove("bare");
  return { name, about, reps, age };
}

function drawRep(list) {
  const card = add(list, "article", "card person");
  const link = add(add(card, "h2", "title"), "a", "person-name");
  const line = add(card, "p", "card-line");
  const number = add(line, "span", "number");
  const goal = add(line, "span", "goal");
  const fill = add(add(card, "div", "bar"), "div", "bar-fill");
  return { card, link, number, goal, fill, verdict: add(card, "p", "verdict"), line: addLine(card) };
}

function fill(team) {
  document.title = team.team;
  page.classList.toggle("grey", team.is_grey);
  put(parts.name, team.team);
  put(parts.about, team.about);
  team.reps.forEach((rep, index) => fillRep(parts.reps[index], rep, team.line_title));
  put(parts.age, team.age_text);
}

function fillRep(part, rep, lineTitle) {
  part.card.dataset.state = rep.state;
  put(part.link, rep.name);
  const address = spoken(document.body.dataset.up + rep.path);
  if (part.link.getAttribute("href") !== address) part.link.setAttribute("href", address);
  putNumber(part.number, rep.text);
  put(part.goal, rep.goal);
  part.fill.style.setProperty("--share", String(rep.share));
  put(part.verdict, [rep.pace_text, rep.shape, rep.verdict].filter(Boolean).join(" "));
  putLine(part.line, { title: rep.name, line_title: lineTitle, line: rep.line });
}

wear(new URLSearchParams(location.search).get("theme"));
live(spoken(`${location.pathname}/events`), spoken(`${location.pathname}/data`), show);
