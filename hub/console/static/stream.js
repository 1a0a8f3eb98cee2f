// The hub says when there is news. A hidden tab does not listen: a browser opens few connections.
export function listen(conversation, onNews, onState) {
  const path = conversation ? `/live?conversation=${encodeURIComponent(conversation)}` : "/live";
  let source = null;
  const open = () => {
    source = new EventSource(path);
    source.addEventListener("open", () => onState(true));
    source.addEventListener("news", onNews);
    source.addEventListener("error", () => onState(false));
  };
  const close = () => { source?.close(); source = null; onState(false); };
  const follow = () => {
    if (!document.hidden && !source) open();
    if (document.hidden && source && !("stay" in document.body.dataset)) close();
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", close);
  follow();
}
