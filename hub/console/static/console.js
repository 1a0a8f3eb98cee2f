// What the console adds to its pages. Every page works without it, only less comfortably.
import { helpToChoose } from "./choose.js";
import { helpToCopy } from "./copy.js";
import { keepDrafts } from "./drafts.js";
import { keepFresh } from "./live.js";
import { helpWithMapping } from "./mapping.js";
import { followMarks, paintMarks } from "./marks.js";
import { sendOnce } from "./once.js";
import { paintTimes } from "./times.js";

const paint = (root) => { paintTimes(root); paintMarks(root); };

paint(document);
followMarks();
keepDrafts();
sendOnce();
helpWithMapping();
helpToCopy();
helpToChoose();
keepFresh(paint, keepDrafts);
setInterval(() => paintTimes(document), 10_000);
