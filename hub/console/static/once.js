// A form that is on its way is not sent a second time by a second click. After some seconds it may
// be: its answer was a file, or somebody stopped the browser. A second sending ends one under way.
const WAITS = 5_000; // milliseconds

export function sendOnce() {
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    setTimeout(() => sent.delete(form), WAITS);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
