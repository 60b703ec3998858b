// The text field. A mirror behind it holds the same text with the offending stretches marked,
// and gives the field its height.
import { Icon, Loading, html } from "../vendor.js";
import { t } from "../words/index.js";
import { draft } from "./draft.js";
import { piecesOf, reasonOf, stretchOf } from "./spans.js";

const LONGEST = 500; // longer text is refused by the API before any rule

function verdict(check) {
  if (check.isChecking) {
    return html`<span class="verdict" key="busy"><${Loading} size="14" /> ${t("compose.checking")}</span>`;
  }
  if (!check.preview || !draft.body.trim()) return null;
  const icons = { accept: "passed", review: "eye-o", refuse: "warning-o" };
  const words = { accept: "compose.ok", review: "compose.review", refuse: "compose.refuse" };
  const kind = check.preview.verdict;
  return html`
    <span class=${`verdict is-${kind}`} key=${kind}><${Icon} name=${icons[kind]} size="15" /> ${t(words[kind])}</span>
  `;
}

const Findings = ({ check }) => {
  const seen = new Map();
  for (const finding of draft.body.trim() ? (check.preview?.findings ?? []) : []) {
    const stretch = stretchOf(check.body, finding);
    seen.set(`${stretch}|${reasonOf(finding)}`, { stretch, reason: reasonOf(finding) });
  }
  return html`
    <ul class="findings" id="findings">
      ${[...seen].slice(0, 5).map(([key, { stretch, reason }]) => html`
        <li key=${key}>${stretch.trim() && html`<q>${stretch}</q>`}<span>${reason}</span></li>
      `)}
    </ul>
  `;
};
Findings.props = ["check"];

export const Editor = {
  props: { check: { type: Object, required: true } },
  setup({ check }) {
    const onInput = (event) => {
      draft.body = event.target.value;
    };
    return () => html`
      <div class="editor">
        <div class="editor-field">
          <div class="editor-mirror" aria-hidden="true">
            ${piecesOf(draft.body, check).map((piece) => (piece.isMarked ? html`<mark>${piece.text}</mark>` : piece.text))}
          </div>
          <textarea rows="4" maxlength=${LONGEST} spellcheck="false" aria-label=${t("compose.text")} aria-describedby="findings"
            aria-invalid=${String(Boolean(draft.body) && check.preview?.verdict === "refuse")}
            placeholder=${t("compose.placeholder")}
            value=${draft.body} onInput=${onInput}></textarea>
        </div>
        <div class="editor-foot">
          <span aria-live="polite">${verdict(check)}</span>
          <span>${t("compose.length", { count: Array.from(draft.body).length })}</span>
        </div>
        <${Findings} check=${check} />
      </div>
    `;
  },
};
