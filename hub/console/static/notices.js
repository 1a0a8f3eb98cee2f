// Desktop notifications, for who asks for them: a customer who waits, a ticket that is yours, words
// in it. One tab tells; each thing is told of once.
const ON = "notices-on", TOLD = "notices-told";
const MOST = 200; // tags that are remembered, more than are ever listed at once
const EVERY = 20_000; // milliseconds: a page is told of news of its own, some of none

export function tellOnDesktop() {
  if (!("Notification" in window) || !navigator.locks || !document.body.dataset.teammate) return;
  offer();
  if (isOn()) begin();
}

const isOn = () => localStorage.getItem(ON) !== null && Notification.permission === "granted";

function offer() {
  const button = document.getElementById("notify");
  if (!button) return;
  const say = (text) => { document.getElementById("notify-told").textContent = text; };
  const paint = () => { button.textContent = isOn() ? "Stop notifications" : "Notify me in this browser"; };
  button.hidden = false;
  paint();
  button.addEventListener("click", async () => {
    if (isOn()) { localStorage.removeItem(ON); paint(); return say("This browser does not notify you any more."); }
    if (await Notification.requestPermission() !== "granted") {
      return say("The browser does not allow it. Allow notifications for this address in its settings, then try again.");
    }
    localStorage.setItem(ON, "yes");
    paint();
    say("You are told of customers who wait, and of your tickets, while a tab of the hub is open.");
    begin();
  });
}

let begun = false, out = false;

function begin() {
  if (begun) return;
  begun = true;
  navigator.locks.request("notices", () => {
    document.body.dataset.stay = ""; // this tab listens while it is hidden, too
    document.addEventListener("news", look);
    setInterval(look, EVERY);
    look();
    return new Promise(() => {}); // until the tab is closed
  });
}

async function look() {
  if (!isOn()) return;
  const answer = await fetch("/notices").catch(() => null);
  if (answer?.status === 401) return tellOut();
  if (!answer?.ok) return;
  out = false;
  const { data } = await answer.json();
  const known = JSON.parse(localStorage.getItem(TOLD) ?? "null");
  const listed = data.map(({ tag }) => tag);
  const fresh = data.filter(({ tag }) => !known?.includes(tag));
  const gone = (known ?? []).filter((tag) => !listed.includes(tag));
  localStorage.setItem(TOLD, JSON.stringify([...gone, ...listed].slice(-MOST)));
  if (!known) return; // what stood there before somebody asked is no news
  for (const { tag, title, body, url } of fresh) {
    if (!document.hidden && location.pathname === url) continue;
    tell(title, body, tag, url);
  }
}

// Who looks elsewhere does not see that the session has ended, and would wait for notices in vain.
function tellOut() {
  if (!out && document.hidden) tell("You are signed out of the hub", "Sign in to be told of customers again.", "signed-out", "/");
  out = true;
}

function tell(title, body, tag, url) {
  const notice = new Notification(title, { body, tag });
  notice.addEventListener("click", () => { focus(); location.assign(url); });
}
