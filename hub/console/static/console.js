// What the console adds to its pages. Every page works without it, only less comfortably.
import { offerCanned } from "./canned.js";
import { helpToChoose } from "./choose.js";
import { helpToCopy } from "./copy.js";
import { forgetDrafts, keepDrafts } from "./drafts.js";
import { weighFiles } from "./files.js";
import { listenToKeys } from "./keys.js";
import { keepFresh } from "./live.js";
import { helpWithMapping } from "./mapping.js";
import { followMarks, paintMarks } from "./marks.js";
import { tellOnDesktop } from "./notices.js";
import { sendOnce } from "./once.js";
import { bePresent } from "./presence.js";
import { paintTimes } from "./times.js";

const paint = (root) => { paintTimes(root); paintMarks(root); };

paint(document);
// On a phone the pages behind "Settings" are one line that scrolls.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
followMarks();
forgetDrafts();
keepDrafts();
sendOnce();
offerCanned();
weighFiles();
helpWithMapping();
helpToCopy();
helpToChoose();
listenToKeys();
tellOnDesktop();
bePresent();
keepFresh(paint, keepDrafts);
setInterval(() => paintTimes(document), 10_000);
