// The live part of a page is asked for anew when the hub has news, and now and then. What has not
// changed stays the very same element, so that focus, scroll, selections and drafts stay too.
import { listen } from "./stream.js";

const ALONE = 3_000; // milliseconds between two questions where nobody tells of news
const TOLD = 30_000; // and where somebody does
const GAP = { conversation: 300, list: 2_000 }; // at least between two

export function keepFresh(paint, settle) {
  const live = document.querySelector("[data-fresh]");
  if (!live) return;
  const gap = live.dataset.conversation ? GAP.conversation : GAP.list;
  const own = live.dataset.fresh; // of a page that may be the answer to a form
  let etag = "", told = false, failed = false, last = 0, timer = 0;
  const once = async () => {
    last = Date.now();
    const answer = await fetch(own || location.href, {
      headers: { "X-Part": "live", ...(etag && { "If-None-Match": etag }) },
      cache: "no-store",
    });
    if (answer.status === 401) return own ? location.assign(own) : location.reload(); // signed out
    if (answer.status !== 304 && !answer.ok) throw new Error(answer.statusText);
    const fresh = answer.status === 304 ? null : parse(await answer.text());
    if (fresh) {
      paint(live);
      paint(fresh);
      show(live, fresh);
      settle();
      etag = answer.headers.get("ETag") ?? "";
    }
  };
  const soon = (wait) => { clearTimeout(timer); timer = setTimeout(turn, wait); };
  const turn = async () => {
    if (document.hidden) return;
    failed = await once().then(() => false, () => true);
    document.getElementById("stale").hidden = !failed;
    soon(told && !failed ? TOLD : ALONE);
  };
  const news = () => {
    soon(Math.max(0, last + gap - Date.now()));
    document.dispatchEvent(new Event("news"));
  };
  listen(live.dataset.conversation, news, (state) => { if (told !== state) soon(ALONE); told = state; });
  document.addEventListener("changed", () => soon(0)); // by another script's doing
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });
  soon(ALONE);
}

function parse(text) {
  return new DOMParser().parseFromString(text, "text/html").getElementById("live");
}

function show(live, fresh) {
  const atEnd = "follow" in live.dataset && innerHeight + scrollY >= document.body.scrollHeight - 40;
  const focused = document.activeElement?.id;
  children(live, fresh);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (atEnd && scrollY > 0) scrollTo(0, document.body.scrollHeight);
}

// Make `here` like `there`, keeping every element that is the same or has the same id.
function update(here, there) {
  if (here.isEqualNode(there) || isBusy(here)) return;
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name) && !isTheirs(here, name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value && !isTheirs(here, name)) here.setAttribute(name, value);
  children(here, there);
}

function children(here, there) {
  const ids = new Set([...there.children].map((one) => one.id));
  let place = here.firstChild;
  for (const wanted of [...there.childNodes]) {
    while (place?.id && !ids.has(place.id)) place = dropped(place);
    const kept = match(here, place, wanted);
    if (!kept) {
      here.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    if (kept !== place) here.insertBefore(kept, place);
    place = kept.nextSibling;
    if (kept.nodeType === Node.ELEMENT_NODE) update(kept, wanted);
  }
  while (place) place = dropped(place);
}

// What a script has added stays.
function dropped(node) {
  const next = node.nextSibling;
  if (!("added" in (node.dataset ?? {}))) node.remove();
  return next;
}

function match(here, place, wanted) {
  if (wanted.id) return [...here.children].find((one) => one.id === wanted.id && one.tagName === wanted.tagName);
  if (!place || place.id) return null;
  if (place.isEqualNode(wanted)) return place;
  const alike = place.nodeType === Node.ELEMENT_NODE && place.nodeName === wanted.nodeName;
  return alike ? place : null;
}

// What the reader, or a script, has set: an opened part stays open, a closed one closed.
function isTheirs(element, name) {
  return name === "data-kept" || (name === "open" && element.tagName === "DETAILS");
}

// A field that somebody uses is left alone until they are done with it.
function isBusy(element) {
  return element.matches("select, textarea, input") && element === document.activeElement;
}
