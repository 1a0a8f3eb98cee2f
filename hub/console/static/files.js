// Files that are too large are told of before they are sent.
export function weighFiles() {
  document.addEventListener("change", ({ target }) => {
    if (!target.dataset?.largest) return;
    const size = [...target.files].reduce((sum, file) => sum + file.size, 0);
    const wrong = size > Number(target.dataset.largest) ? "These files are larger than 25 MB together. Choose fewer, or send a link."
      : target.files.length > 10 ? "At most 10 files with one message. Send the others with the next one." : "";
    target.setCustomValidity(wrong);
    target.reportValidity();
  });
}
