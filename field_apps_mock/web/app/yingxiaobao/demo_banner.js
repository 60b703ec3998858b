// Says when the system runs with the demo's hours.
import { Icon, html } from "../vendor.js";
import { session } from "../session.js";
import { t } from "../words/index.js";

export const DemoBanner = () => {
  const { demo, window } = session.catalog.messaging;
  if (!demo) return null;
  return html`
    <aside class="demo">
      <${Icon} name="info-o" size="16" />
      <p><b>${t("demo.title")}</b>${t("demo.text", { opens: window.opens, closes: window.closes })}</p>
    </aside>
  `;
};
