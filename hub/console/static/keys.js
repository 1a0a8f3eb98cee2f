// Single keys for who works here all day. They can be switched off (WCAG 2.2, 2.1.4), and do
// nothing while somebody writes.
const OFF = "keys-off";
const isOn = () => localStorage.getItem(OFF) === null;

export function listenToKeys() {
  offerSwitch();
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return send(event);
    if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
    const act = before === "g" ? PLACES[event.key] : KEYS[event.key];
    before = event.key;
    if (act?.()) event.preventDefault();
  });
}

const go = (path) => () => { location.assign(path); return true; };
const focus = (id) => () => { const one = document.getElementById(id); one?.focus(); return one; };
const PLACES = { c: go("/"), i: go("/inbox") };
const KEYS = {
  "?": go("/shortcuts"),
  "/": focus("q"),
  j: () => step(1),
  k: () => step(-1),
  r: () => compose("reply"),
  n: () => compose("note"),
  a: focus("assignee"),
  e: focus("status"),
  t: () => { const take = document.getElementById("take"); take?.click(); return take; },
  u: () => { const list = document.querySelector(".crumbs a"); list?.click(); return list; },
};

function writes(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  rows[next].focus();
  rows[next].closest("tr")?.scrollIntoView({ block: "nearest" });
  return true;
}

function compose(kind) {
  const text = document.getElementById("text");
  if (!text?.dataset.canned) return false;
  text.dataset.kind = kind;
  text.focus();
  return true;
}

// Ctrl+Enter sends what was begun: a note where `n` began it, else a reply.
function send(event) {
  if (event.target.id !== "text") return;
  event.preventDefault();
  document.getElementById(event.target.dataset.kind === "note" ? "save-note" : "send")?.click();
}

function offerSwitch() {
  const box = document.getElementById("use-keys");
  if (!box) return;
  document.getElementById("switch").hidden = false;
  box.checked = isOn();
  box.addEventListener("change", () => { if (box.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "yes"); });
}
