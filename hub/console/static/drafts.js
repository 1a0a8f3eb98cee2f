// What somebody began to write survives a reload; it is forgotten once the hub says it has it.
export function keepDrafts() {
  const sent = document.querySelector("[data-sent]");
  for (const field of document.querySelectorAll("[data-draft]:not([data-kept])")) {
    const key = `draft:${field.dataset.draft}`;
    field.dataset.kept = "";
    if (sent) sessionStorage.removeItem(key);
    field.value ||= sessionStorage.getItem(key) ?? "";
    field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
  }
}
