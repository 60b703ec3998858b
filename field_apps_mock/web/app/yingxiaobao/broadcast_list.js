// My broadcasts, newest first; asked again every few seconds while the page is open.
import { Button, Icon, html } from "../vendor.js";
import { findBroadcasts } from "../api/routes.js";
import { config } from "../config.js";
import { More } from "../shared/more.js";
import { usePages } from "../shared/pages.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { t } from "../words/index.js";
import { BroadcastCard } from "./broadcast_card.js";
import { DemoBanner } from "./demo_banner.js";

const Inbox = () => html`
  <a class="inbox" href=${config.carrier_url} target="_blank" rel="noopener noreferrer">
    <${Icon} name="chat-o" size="22" />
    <span><b>${t("broadcasts.inbox")}</b><small>${t("broadcasts.inbox.why")}</small></span>
    <${Icon} name="arrow" size="14" />
  </a>
`;

export const BroadcastList = {
  props: { newest: { type: String, default: null }, write: { type: Function, required: true } },
  setup(props) {
    const { list, refresh, more, replace } = usePages(findBroadcasts, "broadcast_id");
    return () => html`
      <main class="page">
        <header class="bar is-wide">
          <h1>${t("broadcasts.title")}</h1>
          <${Button} type="primary" size="small" round icon="edit" onClick=${props.write}>${t("broadcasts.new")}<//>
        </header>
        <div class="page-body">
          <${DemoBanner} />
          ${list.problem && html`<${Trouble} problem=${list.problem} retry=${refresh} />`}
          ${!list.isLoaded && !list.problem && html`<${Waiting} />`}
          ${config.carrier_url && html`<${Inbox} />`}
          ${list.isLoaded && list.items.length === 0 && html`
            <${Empty} words=${t("broadcasts.empty")} why=${t("broadcasts.empty.why")} />`}
          ${list.items.map((broadcast) => html`
            <${BroadcastCard} key=${broadcast.broadcast_id} broadcast=${broadcast}
              isNewest=${broadcast.broadcast_id === props.newest} onChanged=${replace} />`)}
          ${list.next && html`<${More} more=${more} />`}
        </div>
      </main>
    `;
  },
};
