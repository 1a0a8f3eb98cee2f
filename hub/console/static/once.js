// A form that is on its way is not sent a second time by a second click.
export function sendOnce() {
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
