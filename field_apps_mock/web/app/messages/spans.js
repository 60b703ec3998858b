// Findings of the check on the text being typed: which stretch, and why.
import { t } from "../words/index.js";

// The API counts characters (code points), the text field UTF-16 units.
function unitAt(body, point) {
  return Array.from(body).slice(0, point).join("").length;
}

function commonStart(one, other) {
  let at = 0;
  while (at < one.length && at < other.length && one[at] === other[at]) at += 1;
  return at;
}

// A text that is too short or too long is wrong as a whole: nothing in it is marked.
const isLocal = (finding) => finding.class !== "length";

/** Cut the text into [{text, findings}] for marking. Findings on what has changed since the check are left out. */
export function piecesOf(text, { preview, body }) {
  const unchanged = commonStart(text, body);
  const isSame = text === body;
  const spans = (preview?.findings ?? [])
    .filter(isLocal)
    .map((finding) => ({ start: unitAt(body, finding.start), end: unitAt(body, finding.end) }))
    .filter(({ start, end }) => end > start && (isSame || end <= unchanged));
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])]
    .filter((cut) => cut <= text.length)
    .sort((one, other) => one - other);
  return cuts.slice(0, -1).map((start, index) => ({
    text: text.slice(start, cuts[index + 1]),
    isMarked: spans.some((span) => span.start <= start && cuts[index + 1] <= span.end),
  }));
}

/** Say what is wrong with a stretch, in the words of the API. */
export const reasonOf = (finding) => finding.detail || t("finding.other");

const LONGEST_SHOWN = 20;

/** Return the stretch itself, cut when long; empty where the whole text is meant. */
export function stretchOf(body, finding) {
  const points = isLocal(finding) ? Array.from(body).slice(finding.start, finding.end) : [];
  return points.length > LONGEST_SHOWN ? `${points.slice(0, LONGEST_SHOWN).join("")}…` : points.join("");
}
