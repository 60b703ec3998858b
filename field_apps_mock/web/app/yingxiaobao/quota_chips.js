// At most how many households: what the released need allows can be pressed, the others are shown as out of reach.
import { html } from "../vendor.js";
import { session } from "../session.js";
import { number } from "../shared/format.js";
import { t } from "../words/index.js";
import { draft } from "./draft.js";

function note(preview) {
  if (!preview) return t("compose.quota.wait");
  if (preview.allowed_quotas.length === 0) return t("compose.quota.none");
  return t("compose.quota.why");
}

export const QuotaChips = ({ preview }) => html`
  <div class="quotas">
    <div class="chips is-wrapped" role="group" aria-label=${t("compose.quota")}>
      ${session.catalog.quotas.map((quota) => html`
        <button key=${quota} type="button" class="chip is-number" aria-pressed=${String(draft.quota === quota)}
          disabled=${!preview?.allowed_quotas.includes(quota)}
          onClick=${() => { draft.quota = quota; }}>${number(quota)}</button>
      `)}
    </div>
    <p class="note">${note(preview)}</p>
    ${preview && html`
      <p class="note">${t("compose.remaining", {
        broadcasts: preview.remaining.broadcasts,
        recipients: number(preview.remaining.recipients),
      })}</p>`}
  </div>
`;
QuotaChips.props = ["preview"];
