// A button that chooses every row of its list; the list may be drawn anew beneath it.
export function helpToChoose() {
  const show = () => { for (const button of document.querySelectorAll("[data-choose][hidden]")) button.hidden = false; };
  show();
  new MutationObserver(show).observe(document.body, { subtree: true, attributeFilter: ["hidden"], childList: true });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (!button) return;
    const rows = [...document.getElementsByName(button.dataset.choose)].filter((one) => one.type === "checkbox");
    const all = rows.every((one) => one.checked);
    for (const one of rows) one.checked = !all;
  });
}
