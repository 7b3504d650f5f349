// Keeps a page in step with the server, and says so when it is not.

const SILENT_AFTER = 15_000; // ms; the server sends at least every 5 s
const AGAIN_AFTER = 3_000; // ms

/**
 * Calls show(document) for each document of the event stream at *url*, and lost(isLost) when
 * nothing has arrived for 15 s, or something arrives again.
 */
export function live(url, show, lost) {
  let source;
  let heardAt = performance.now();
  let openedAt = heardAt;

  const open = () => {
    if (source) source.close();
    openedAt = performance.now();
    source = new EventSource(url);
    source.onmessage = (event) => {
      heardAt = performance.now();
      lost(false);
      show(JSON.parse(event.data));
    };
  };
  const watch = () => {
    const now = performance.now();
    if (now - heardAt > SILENT_AFTER) lost(true);
    // The browser tries again by itself after a broken connection, but neither after an answer
    // that is no stream nor when the connection died without a word.
    const refused = source.readyState === EventSource.CLOSED && now - openedAt > AGAIN_AFTER;
    const silent = now - Math.max(heardAt, openedAt) > SILENT_AFTER;
    if (refused || silent) open();
  };
  open();
  setInterval(watch, 1_000);
}

/** A new element with a class, at the end of its parent. */
export function add(parent, tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

/** Puts text into an element; tells whether that changed it. */
export function put(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

/** Puts a number into an element, its unit smaller; what changed lights up for a moment. */
export function putNumber(element, text) {
  if (element.dataset.text === text) return;
  const isFirst = element.dataset.text === undefined;
  element.dataset.text = text;
  const [number, unit] = text.split("\u00a0");
  element.replaceChildren(number);
  if (unit) add(element, "small", "unit").textContent = unit;
  if (isFirst) return;
  element.classList.remove("changed");
  void element.offsetWidth; // or the animation would not start anew
  element.classList.add("changed");
}

/** Shows what is wrong with all of the page; nothing when the words are empty. */
export function notice(words) {
  const element = document.getElementById("notice");
  put(element, words);
  element.hidden = !words;
}
