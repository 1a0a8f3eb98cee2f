// The playground: forms are sent without leaving the page, the bot hears news by itself, and the
// chat stays at its end. Without this script the same forms load the page anew.
const live = document.getElementById("live");
const changed = () => document.dispatchEvent(new Event("changed"));

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // the form is sent more than once in its life
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const ok = await send(form.action, new FormData(form, event.submitter));
  delete form.dataset.busy;
  if (ok === null) return;
  if (!ok) return location.reload();
  if (!event.submitter?.name || event.submitter.name === "deed") for (const field of form.elements) if (field.matches("input:not([type=hidden]), textarea")) field.value = "";
  changed();
}, { capture: true });

// Whether the hub has it; null when it does not answer, which the page says by itself.
async function send(action, form) {
  const answer = await fetch(action, { method: "POST", body: new URLSearchParams(form), redirect: "manual" }).catch(() => null);
  return answer && answer.type === "opaqueredirect"; // what every button here answers
}

let pressed = null, last = null;
const settle = async () => {
  const end = document.querySelector("[data-end]");
  const newest = end?.querySelector("li:last-child");
  if (newest && newest !== last) {
    last = newest;
    end.scrollTop = end.scrollHeight;
  }
  const button = document.querySelector("[data-press]");
  if (!button || button === pressed) return;
  pressed = button;
  const ok = await send(button.formAction, new FormData(button.form));
  if (ok) changed();
  if (ok === null) pressed = null;
};
new MutationObserver(settle).observe(live, { childList: true, subtree: true });
settle();
