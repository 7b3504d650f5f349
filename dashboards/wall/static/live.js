// Keeps a page in step with the server, and says so when it is not. ES2018, for old televisions.

const SILENT_AFTER = 15000; // ms; the server sends at least every 5 s
const AGAIN_AFTER = 3000; // ms
const ASK_EVERY = 5000; // ms, where a proxy holds the stream back
const RELOAD_AFTER = 60000; // ms between two reloads for a new version
const NIGHT = 3; // the hour in which a page that is open for long loads itself anew
const CLOSED = 403; // for whoever asks: the page, loaded anew, says so
const REFUSED = 503;
const DAY = 20 * 3600000; // ms

const now = () => performance.now();

/**
 * Calls show(document) for what the server sends: by the event stream *stream*, and by asking for
 * *data* where the stream is silent. The notice says what show returns, which is what is wrong with
 * all of the page, if anything; or that the page is lost: it cannot be drawn, or nothing came by
 * either for 15 s. Calls said(), where there is one, after that. A hidden page closes its stream.
 */
export function live(stream, data, show, said) {
  const page = { source: null, heardAt: now(), openedAt: now(), askedAt: 0, broken: "" };

  const take = (text) => {
    page.heardAt = now();
    page.broken = "";
    try {
      const sent = JSON.parse(text);
      if (isOtherVersion(sent.version)) return;
      say(show(sent), false);
    } catch (error) {
      page.broken = `${document.body.dataset.broken} (${error.message})`;
      say(page.broken, true);
    }
  };
  const say = (words, isLost) => {
    notice(words);
    document.body.classList.toggle("lost", isLost);
    if (said) said();
  };
  const open = () => {
    close();
    page.openedAt = now();
    page.source = new EventSource(stream);
    page.source.onmessage = (event) => take(event.data);
    page.source.addEventListener("closed", () => location.reload());
  };
  const close = () => {
    if (page.source) page.source.close();
    page.source = null;
  };
  const watch = () => {
    if (document.hidden) return;
    const silent = now() - page.heardAt > SILENT_AFTER;
    if (silent && now() - page.askedAt > ASK_EVERY) {
      page.askedAt = now();
      ask(data, take, (words) => say(words || page.broken || document.body.dataset.lost, true));
    }
    // The browser tries again by itself after a broken connection, but neither after an answer
    // that is no stream nor when the connection died without a word.
    const refused = !page.source || page.source.readyState === EventSource.CLOSED;
    const isDue = now() - page.openedAt > (refused ? AGAIN_AFTER : SILENT_AFTER);
    if (isDue && (refused || silent)) open();
    if (!silent) reloadAtNight();
  };
  const resume = () => {
    if (document.hidden) return close();
    page.heardAt = now();
    return open();
  };
  if (!document.hidden) open();
  document.addEventListener("visibilitychange", resume);
  setInterval(watch, 1000);
}

function ask(url, take, failed) {
  if (!url) return failed("");
  const request = new XMLHttpRequest();
  request.open("GET", url);
  request.timeout = ASK_EVERY;
  request.onload = () => {
    if (request.status === CLOSED) return location.reload();
    return request.status === 200 ? take(request.responseText) : failed(whyNot(request));
  };
  request.onerror = () => failed("");
  request.ontimeout = () => failed("");
  return request.send();
}

/** What the server says of why it shows nothing now; empty where it does not say. */
function whyNot(request) {
  const kind = request.getResponseHeader("Content-Type") || "";
  return request.status === REFUSED && kind.includes("text/plain") ? request.responseText : "";
}

/** Whether the server is of another version than the page, which is then loaded anew. */
function isOtherVersion(version) {
  if (!version || version === document.body.dataset.version) return false;
  const last = Number(sessionStorage.getItem("reloaded") || 0);
  if (Date.now() - last < RELOAD_AFTER) return false; // two versions behind one address
  sessionStorage.setItem("reloaded", String(Date.now()));
  location.reload();
  return true;
}

function reloadAtNight() {
  if (now() > DAY && new Date().getHours() === NIGHT) location.reload();
}

/** A new element with a class, at the end of its parent. */
export function add(parent, tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  parent.appendChild(element);
  return element;
}

/** Takes everything out of an element. */
export function clear(element) {
  while (element.firstChild) element.removeChild(element.firstChild);
}

/** Puts text into an element. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts a number into an element, its unit smaller; what changed lights up for a moment. */
export function putNumber(element, text) {
  if (element.dataset.text === text) return;
  const isFirst = element.dataset.text === undefined;
  element.dataset.text = text;
  const [number, unit] = text.split("\u00a0");
  element.textContent = number;
  if (unit) add(element, "small", "unit").textContent = unit;
  if (isFirst) return;
  element.classList.remove("changed");
  void element.offsetWidth; // or the animation would not start anew
  element.classList.add("changed");
}

/** Shows what is wrong with all of the page; nothing when the words are empty. */
function notice(words) {
  const element = document.getElementById("notice");
  put(element, words);
  element.hidden = !words;
}

/** An address of the server in the language and the theme that were asked for. */
export function spoken(address) {
  const asked = new URLSearchParams(location.search);
  let there = address;
  for (const name of ["lang", "theme"]) {
    const value = asked.get(name);
    const next = there.includes("?") ? "&" : "?";
    if (value !== null) there += `${next}${name}=${encodeURIComponent(value)}`;
  }
  return there;
}

/** Light, dark, or as the machine has it; dark when nothing is said. */
export function wear(theme) {
  const isLight = matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.classList.toggle("light", theme === "light" || (theme === "auto" && isLight));
}
