// Beside a mapping: an error leads to its line, a field of the desk writes its rule.
export function helpWithMapping() {
  const text = document.querySelector("#mapping textarea");
  if (!text) return;
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); goTo(text, Number(link.dataset.line)); });
  }
  for (const button of document.querySelectorAll("[data-insert]")) {
    button.hidden = false;
    button.addEventListener("click", () => insert(text, button.dataset.under, button.dataset.insert));
  }
  find();
}

function goTo(text, line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  select(text, start, start + (lines[line - 1] ?? "").length);
}

function select(text, start, end) {
  text.focus();
  text.setSelectionRange(start, end);
  const above = text.value.slice(0, start).split("\n").length - 3;
  text.scrollTop = Math.max(0, above * parseFloat(getComputedStyle(text).lineHeight));
  text.scrollLeft = 0;
}

function insert(text, under, rule) {
  if (text.readOnly) return;
  const lines = text.value.replace(/\s*$/, "").split("\n");
  const known = under ? -1 : lines.findIndex((line) => line.startsWith(rule.split(":")[0] + ":"));
  if (known >= 0) return goTo(text, known + 1);  // one rule a field: change the one that is there
  const at = under ? lines.indexOf(under) : -1;
  const place = at < 0 ? lines.length : at + 1;
  const added = at < 0 && under ? [under, rule] : [rule];
  lines.splice(place, 0, ...added);
  text.value = lines.join("\n") + "\n";
  const before = lines.slice(0, place).join("\n").length + 1;
  select(text, before, before + added.join("\n").length);
}

function find() {
  const box = document.querySelector("#find-fields");
  if (!box) return;
  box.hidden = false;
  const wish = box.querySelector("input");
  wish.addEventListener("input", () => {
    const words = wish.value.toLowerCase();
    for (const row of document.querySelectorAll("[data-field]")) {
      row.hidden = !row.dataset.field.toLowerCase().includes(words);
    }
  });
}
