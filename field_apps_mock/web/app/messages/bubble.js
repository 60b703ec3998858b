// A short message as the phone shows it.
import { html } from "../vendor.js";
import { t } from "../words/index.js";

/** Props: text, and segments and units when known. */
export const Bubble = ({ text, segments, units }) => html`
  <div class="sms">
    <p class="sms-bubble" lang="zh-CN">${text}</p>
    ${segments && html`<p class="sms-size">${t("compose.segments", { segments, units })}</p>`}
  </div>
`;
Bubble.props = ["text", "segments", "units"];
