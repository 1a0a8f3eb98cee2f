// Times in the reader's zone and, where they matter as a distance, as "4 min".
const CLOCK = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const TODAY = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const STEPS = [[86_400, "d"], [3_600, "h"], [60, "min"]];

export function paintTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const text = FORMS[time.dataset.form](at);
    if (time.textContent !== text) time.textContent = text;
    time.title = FULL.format(at);
  }
}

const FORMS = {
  clock: (at) => (at.toDateString() === new Date().toDateString() ? TODAY : CLOCK).format(at),
  day: (at) => DAY.format(at),
  ago: (at) => distance((Date.now() - at) / 1000),
  until: (at) => (at > Date.now() ? distance((at - Date.now()) / 1000) : "no time: overdue"),
};

function distance(seconds) {
  const step = STEPS.find(([size]) => seconds >= size);
  return step ? `${Math.floor(seconds / step[0])} ${step[1]}` : "now";
}
