// A sentence of the summary marks the messages that it rests on.
let marked = { sentence: null, messages: [] };

export function followMarks() {
  document.addEventListener("click", (event) => {
    const sentence = event.target.closest("[data-marks]");
    if (!sentence) return;
    event.preventDefault();
    const again = marked.sentence === sentence.id;
    marked = again ? { sentence: null, messages: [] } : { sentence: sentence.id, messages: sentence.dataset.marks.split(" ") };
    paintMarks(document);
    if (!again) document.getElementById(marked.messages[0])?.scrollIntoView({ block: "center" });
  });
}

export function paintMarks(root) {
  for (const sentence of root.querySelectorAll("[data-marks]")) {
    const on = sentence.id === marked.sentence;
    sentence.classList.toggle("marked", on);
    if (on) sentence.setAttribute("aria-current", "true"); else sentence.removeAttribute("aria-current");
  }
  for (const message of root.querySelectorAll(".said-by")) {
    message.classList.toggle("marked", marked.messages.includes(message.id));
  }
}
