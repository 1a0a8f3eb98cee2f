// `/` in a reply opens the list of canned texts; more letters narrow it down, Enter inserts.
const MOST = 8;
const BEGUN = /(^|\s)\/([^\n/]{0,40})$/; // the slash at the beginning of a word, and what follows

export function offerCanned() {
  document.addEventListener("input", ({ target }) => { if (target.dataset?.canned) offer(target); });
  document.addEventListener("keydown", (event) => { if (event.target.dataset?.canned) steer(event); }, true);
  document.addEventListener("focusout", ({ target }) => { if (target.dataset?.canned) close(target); });
}

let texts = null; // of this page's conversation
let open = null; // {list, found, at}: what is offered, and which of it is chosen

async function offer(field) {
  const begun = BEGUN.exec(field.value.slice(0, field.selectionStart));
  if (!begun) return close(field);
  texts ??= fetch(field.dataset.canned, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { data: [] })).then(({ data }) => data, () => { texts = null; return []; });
  const words = begun[2].toLowerCase();
  const found = (await texts).filter(({ name }) => name.toLowerCase().includes(words)).slice(0, MOST);
  if (document.activeElement !== field) return;
  if (!found.length && words) return close(field);
  show(field, found);
}

function show(field, found) {
  close(field);
  const list = document.createElement("ul");
  list.className = "canned";
  list.id = "canned-list";
  list.dataset.added = ""; // a live part that is drawn anew keeps it
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Canned texts");
  list.append(...(found.length ? found.map((one, n) => option(field, one, n)) : [nothing()]));
  field.before(list);
  open = { list, found, at: 0 };
  field.setAttribute("aria-controls", list.id);
  choose(field, 0);
}

function option(field, { name, text }, n) {
  const item = document.createElement("li");
  item.id = `canned-${n}`;
  item.setAttribute("role", "option");
  const title = document.createElement("strong");
  title.textContent = name;
  const words = document.createElement("span");
  words.textContent = text;
  item.append(title, words);
  item.addEventListener("mousedown", (event) => { event.preventDefault(); insert(field, text); });
  return item;
}

function nothing() {
  const item = document.createElement("li");
  item.className = "hint";
  item.textContent = "There are no canned texts yet. Write the first under Canned texts.";
  return item;
}

function steer(event) {
  if (!open?.list.isConnected) return;
  const field = event.target;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && open.found.length) choose(field, (open.at + step + open.found.length) % open.found.length);
  else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && !event.metaKey && open.found.length) insert(field, open.found[open.at].text);
  else if (event.key === "Escape") close(field);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function choose(field, at) {
  open.at = at;
  open.list.querySelectorAll("[role=option]").forEach((item, n) => item.setAttribute("aria-selected", n === at));
  const chosen = document.getElementById(`canned-${at}`);
  if (!chosen) return;
  field.setAttribute("aria-activedescendant", chosen.id);
  chosen.scrollIntoView({ block: "nearest" });
}

function insert(field, text) {
  const end = field.selectionStart;
  const begun = BEGUN.exec(field.value.slice(0, end));
  const start = begun ? end - begun[2].length - 1 : end;
  close(field);
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close(field) {
  open?.list.remove();
  open = null;
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
}
