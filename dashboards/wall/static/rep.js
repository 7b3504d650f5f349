// Draws the page of a rep. What is shown and how it is called come with the data.

import { addLine, putLine } from "./line.js";
import { add, clear, live, put, putNumber, spoken, wear } from "./live.js";

const page = document.getElementById("page");
let parts = null; // the elements on the page, once there are numbers
let events = ""; // as they are on the page

/** Returns what is wrong with all of the page, in words. */
function show(rep) {
  if (rep.total) {
    if (!parts) parts = draw(rep);
    fill(rep);
  } else if (parts) {
    page.classList.add("grey");
  }
  return rep.message;
}

function draw(rep) {
  const head = add(page, "header", "rep-head");
  const drawn = {
    name: add(head, "h1", "name"),
    place: add(head, "p", "hours"),
    total: drawTouched(page, "rep-total"),
  };
  drawn.line = addLine(drawn.total.card);
  const ends = add(drawn.total.card, "p", "line-ends");
  drawn.ends = [add(ends, "span", "line-end"), add(ends, "span", "line-end")];
  const channels = add(page, "div", "channels");
  drawn.channels = rep.channels.map(() => drawTouched(channels, "rep-channel"));
  const counters = add(page, "div", "counters");
  drawn.counters = rep.counters.map(() => drawCounter(counters));
  const card = add(page, "section", "card rep-events");
  drawn.eventsTitle = add(card, "h2", "title");
  drawn.events = add(card, "ol", "events");
  drawn.incomplete = add(page, "p", "incomplete");
  drawn.age = add(page, "p", "age");
  const { own, looks, wall, people } = document.body.dataset;
  if (own) {
    addLink("me/looks", looks);
    addLink("./", wall);
  } else {
    addLink("../people", people);
  }
  document.body.classList.remove("bare");
  return drawn;
}

function addLink(path, words) {
  const link = add(add(page, "p", "age"), "a", "why");
  link.href = spoken(path);
  put(link, words);
}

function drawTouched(parent, className) {
  const card = add(parent, "article", `card ${className}`);
  const part = { card, title: add(card, "h2", "title") };
  const line = add(card, "p", "card-line");
  part.number = add(line, "span", "number");
  part.goal = add(line, "span", "goal");
  part.fill = add(add(card, "div", "bar"), "div", "bar-fill");
  part.pace = add(card, "p", "verdict");
  return part;
}

function drawCounter(parent) {
  const card = add(parent, "article", "card");
  return {
    title: add(card, "h2", "title"),
    number: add(card, "p", "number"),
    note: add(card, "p", "goal"),
  };
}

function fill(rep) {
  document.title = rep.name;
  page.classList.toggle("grey", rep.is_grey);
  put(parts.name, rep.name);
  put(parts.place, [rep.place, rep.day].filter(Boolean).join(" · "));
  fillTouched(parts.total, rep.total);
  rep.channels.forEach((channel, index) => fillTouched(parts.channels[index], channel));
  rep.counters.forEach((counter, index) => {
    putTitle(parts.counters[index].title, counter);
    putNumber(parts.counters[index].number, counter.text);
    put(parts.counters[index].note, counter.note);
  });
  putLine(parts.line, { title: rep.total.title, line_title: rep.line_title, line: rep.line });
  rep.line_ends.forEach((time, index) => put(parts.ends[index], time));
  fillEvents(rep);
  put(parts.incomplete, rep.note);
  parts.incomplete.hidden = !rep.incomplete;
  put(parts.age, rep.age_text);
}

/** The newest first; drawn anew where one of them is another. */
function fillEvents(rep) {
  put(parts.eventsTitle, rep.events_title);
  const shown = JSON.stringify(rep.events);
  if (shown === events) return;
  events = shown;
  clear(parts.events);
  for (const { time, what, counts, verdict } of rep.events) {
    const line = add(parts.events, "li", counts ? "event counts" : "event");
    put(add(line, "span", "event-time"), time);
    const said = add(line, "p", "event-said");
    put(add(said, "span", "event-what"), what);
    put(add(said, "span", "event-verdict"), verdict);
  }
}

function fillTouched(part, touched) {
  part.card.dataset.state = touched.state;
  putTitle(part.title, touched);
  putNumber(part.number, touched.text);
  put(part.goal, touched.goal);
  const share = Math.min(1, touched.pace || 0);
  part.fill.style.setProperty("--share", String(share));
  put(part.pace, [touched.pace_text, touched.shape, touched.verdict].filter(Boolean).join(" "));
}

/** A title, which leads to what is behind its number where there is such a page. */
function putTitle(element, { title, why }) {
  if (!why) return put(element, title);
  const link = element.firstChild || add(element, "a", "why");
  link.href = spoken(`${location.pathname}/explain/${why}`);
  return put(link, title);
}

wear(new URLSearchParams(location.search).get("theme"));
live(spoken(`${location.pathname}/events`), spoken(`${location.pathname}/data`), show);
