// The page at the door: posts the token of a link, which stands in the fragment and is in no request,
// and is the answer to a sign-in that let nobody in.

import { spoken, wear } from "./live.js";

const says = document.body.dataset;
const words = document.getElementById("words");
const buttons = ["signin", "home", "yes", "no", "leave"].map((id) => document.getElementById(id));
const [signin, home, yes, no, leave] = buttons;
const offered = signin.getAttribute("href") ? [signin] : [];

function show(text, ...shown) {
  words.textContent = text;
  buttons.forEach((button) => {
    button.hidden = !shown.includes(button);
  });
}

function start() {
  const token = location.hash.slice(1);
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    post("enter", { token }, (status, answer) => take(token, status, answer));
  } else if (says.said) {
    history.replaceState(null, "", `${says.up}enter`); // what the issuer sent is not kept
    if (says.state === "other") askToSignIn();
    else show(says.said, ...offered);
  } else if (says.known !== "yes") {
    show(offered.length ? says.askSignin : says.ask, ...offered);
  } else {
    const who = `${says.in} ${named(says.who)}.`;
    if (says.state === "closed") show(`${says.closed} ${who}`, home, ...offered, leave);
    else show(who, home, leave);
  }
}

/** Who signed in is not let in over somebody else: out first, and then once more by the issuer. */
function askToSignIn() {
  show(says.said, yes, no);
  yes.textContent = yes.dataset.signin;
  yes.onclick = () => {
    post("leave", {}, (status) => {
      if (status === 200) location.replace(signin.href);
      else show(says.origin);
    });
  };
  no.focus();
}

function take(token, status, answer) {
  if (status === 409) {
    const now = `${says.in} ${named(answer.now)}.`;
    show(`${now} ${says.otherThen} ${named(answer.then)}.`, yes, no);
    yes.onclick = () => post("enter", { token, replace: true }, go);
    no.focus();
  } else {
    go(status, answer);
  }
}

function go(status, answer) {
  if (status === 200) location.replace(answer.go);
  else show(says[answer.why] || says.lost, ...offered);
}

/** Who a link is for; one of a wall of all floors is for nobody in particular. */
function named(who) {
  return who || says.all;
}

function post(path, message, answered) {
  const request = {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(message),
  };
  fetch(says.up + path + location.search, request)
    .then((answer) => answer.json().then((json) => answered(answer.status, json)))
    .catch(() => show(says.lost));
}

no.onclick = () => location.reload();
leave.onclick = () => post("leave", {}, go);
addEventListener("hashchange", start);
wear(new URLSearchParams(location.search).get("theme"));
home.href = spoken(home.getAttribute("href"));
start();
