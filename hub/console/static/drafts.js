// What somebody began to write survives a reload, a closed tab and the end of the session. It is
// theirs alone in this browser, and is forgotten once the hub says it has it, or after two weeks.
const KEPT_FOR = 14 * 86_400_000; // milliseconds
const SENDING = "draft-sending";
const mine = `draft:${document.body.dataset.teammate}:`;

export function keepDrafts() {
  for (const field of document.querySelectorAll("[data-draft]:not([data-kept])")) {
    const key = mine + field.dataset.draft;
    field.dataset.kept = "";
    field.value ||= read(key);
    field.addEventListener("input", () => write(key, field.value));
  }
}

// Before the fields are filled: what was on its way has arrived, what is old goes.
export function forgetDrafts() {
  const sending = sessionStorage.getItem(SENDING);
  if (sending && document.querySelector("[data-sent]")) localStorage.removeItem(sending);
  sessionStorage.removeItem(SENDING);
  for (const key of Object.keys(localStorage)) if (key.startsWith("draft:") && !read(key)) localStorage.removeItem(key);
  document.addEventListener("submit", ({ target }) => {
    const field = [...target.elements].find((one) => one.dataset.draft);
    if (field) sessionStorage.setItem(SENDING, mine + field.dataset.draft);
  });
}

function read(key) {
  const { text, at } = JSON.parse(localStorage.getItem(key) ?? "{}");
  return text && Date.now() - at < KEPT_FOR ? text : "";
}

function write(key, text) {
  if (text) localStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
  else localStorage.removeItem(key);
}
