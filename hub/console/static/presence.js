// Tells the hub that somebody looks at a conversation, or writes in it, so that two do not answer.
const EVERY = 10_000; // milliseconds between two signs of life
const WRITES_FOR = 20_000; // after the last key

export function bePresent() {
  const conversation = document.querySelector("[data-conversation]")?.dataset.conversation;
  const token = document.querySelector("#act [name=csrf_token]")?.value;
  if (!conversation || !token) return;
  const path = `/conversations/${conversation}/presence`;
  let typed = -Infinity, last = "";
  const doing = () => (Date.now() - typed < WRITES_FOR ? "replying" : "viewing");
  const tell = () => {
    if (document.hidden) return;
    last = doing();
    const body = new URLSearchParams({ doing: last, csrf_token: token });
    fetch(path, { method: "POST", body }).catch(() => {}); // the page says itself when the hub is away
  };
  document.addEventListener("input", (event) => {
    if (event.target.id !== "text") return;
    typed = Date.now();
    if (last !== "replying") tell();
  });
  addEventListener("pagehide", () => {
    navigator.sendBeacon(path, new URLSearchParams({ doing: "gone", csrf_token: token }));
  });
  document.addEventListener("visibilitychange", tell);
  setInterval(tell, EVERY);
  tell();
}
