// The text field. A mirror behind it holds the same text with the offending stretches marked,
// and gives the field its height.
import { Icon, Loading, html } from "../vendor.js";
import { t } from "../words/index.js";
import { piecesOf, reasonOf, stretchOf } from "./spans.js";

const LONGEST = 500; // a longer text is refused

function verdict(check, draft) {
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

const Findings = ({ check, draft }) => {
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
Findings.props = ["check", "draft"];

/** Props: check as useLiveCheck gives it, the draft whose `body` is written, its label and placeholder, rows. */
export const Editor = {
  props: {
    check: { type: Object, required: true },
    draft: { type: Object, required: true },
    label: { type: String, default: "" },
    placeholder: { type: String, default: "" },
    rows: { type: Number, default: 4 },
  },
  setup(props) {
    const { check, draft } = props;
    const onInput = (event) => {
      draft.body = event.target.value;
    };
    return () => html`
      <div class="editor">
        <div class="editor-field">
          <div class=${["editor-mirror", { "is-low": props.rows < 3 }]} aria-hidden="true">
            ${piecesOf(draft.body, check).map((piece) => (piece.isMarked ? html`<mark>${piece.text}</mark>` : piece.text))}
          </div>
          <textarea rows=${props.rows} maxlength=${LONGEST} spellcheck="false" aria-label=${props.label || t("compose.text")}
            aria-describedby="findings"
            aria-invalid=${String(Boolean(draft.body) && check.preview?.verdict === "refuse")}
            placeholder=${props.placeholder}
            value=${draft.body} onInput=${onInput}></textarea>
        </div>
        <div class="editor-foot">
          <span aria-live="polite">${verdict(check, draft)}</span>
          <span>${t("compose.length", { count: Array.from(draft.body).length })}</span>
        </div>
        <${Findings} check=${check} draft=${draft} />
      </div>
    `;
  },
};
