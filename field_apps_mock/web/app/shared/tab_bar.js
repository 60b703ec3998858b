// The tabs at the foot of each app.
import { Icon, html } from "../vendor.js";
import { session } from "../session.js";
import { t } from "../words/index.js";

/** Props: tabs [{name, icon, iconChosen}], the name chosen, and `choose(name)`. */
export const TabBar = ({ tabs, chosen, choose }) => html`
  <nav class="tabs" aria-label=${t(`app.${session.me.role}`)}>
    ${tabs.map(({ name, icon, iconChosen }) => html`
      <button key=${name} type="button" class=${{ "is-chosen": chosen === name }}
        aria-current=${chosen === name ? "page" : undefined} onClick=${() => choose(name)}>
        <${Icon} name=${chosen === name ? iconChosen : icon} size="22" />
        <span>${t(`tab.${name}`)}</span>
      </button>
    `)}
  </nav>
`;
TabBar.props = ["tabs", "chosen", "choose"];
