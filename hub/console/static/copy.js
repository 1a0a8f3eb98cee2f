// Buttons that copy what stands beside them; a page whose address only a form reaches gets another.
export function helpToCopy() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const from = document.getElementById(button.dataset.copy);
    const word = button.firstChild;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(from);
      word.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { word.textContent = "Copy"; }, 3_000);
    });
  }
  const shown = document.querySelector("[data-shown-once]");
  if (shown) history.replaceState(null, "", shown.dataset.shownOnce); // a reload sends nothing twice
}

// The clipboard belongs to secure pages only; elsewhere the text is marked, to be copied by hand.
async function copy(from) {
  getSelection().selectAllChildren(from);
  if ("value" in from) from.select();
  if (!navigator.clipboard) return false;
  return navigator.clipboard.writeText(from.value ?? from.textContent).then(() => true, () => false);
}
