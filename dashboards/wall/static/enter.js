// The page at the door: posts the token of a link, which stands in the fragment and is in no request.

const says = document.body.dataset;
const words = document.getElementById("words");
const buttons = ["home", "yes", "no", "leave"].map((id) => document.getElementById(id));
const [home, yes, no, leave] = buttons;

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
  } else if (says.known !== "yes") {
    show(says.ask);
  } else {
    const who = `${says.in} ${named(says.who)}.`;
    if (says.state === "closed") show(`${says.closed} ${who}`, home, leave);
    else show(who, home, leave);
  }
}

function take(token, status, answer) {
  if (status === 409) {
    const now = `${says.otherNow} ${named(answer.now)}.`;
    show(`${now} ${says.otherThen} ${named(answer.then)}.`, yes, no);
    yes.onclick = () => post("enter", { token, replace: true }, go);
    no.focus();
  } else {
    go(status, answer);
  }
}

function go(status, answer) {
  if (status === 200) location.replace(answer.go);
  else show(says[answer.why] || says.lost);
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
start();
