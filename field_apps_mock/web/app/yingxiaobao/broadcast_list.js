// My broadcasts, newest first; asked again every few seconds while the page is open.
import { Button, Icon, html, onBeforeUnmount, onMounted, reactive } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { findBroadcasts } from "../api/routes.js";
import { config } from "../config.js";
import { t } from "../words/index.js";
import { BroadcastCard } from "./broadcast_card.js";
import { DemoBanner } from "./demo_banner.js";

const PAUSE_MS = 4000;

// Older pages are kept as they are, the newest page is replaced.
function merge(known, fresh) {
  const codes = new Set(fresh.map(({ broadcast_id }) => broadcast_id));
  return [...fresh, ...known.filter(({ broadcast_id }) => !codes.has(broadcast_id))];
}

function useBroadcasts() {
  const list = reactive({ items: [], next: null, isLoaded: false, problem: null });
  let timer = null;
  const refresh = async () => {
    try {
      const page = await findBroadcasts();
      if (!list.isLoaded) list.next = page.next_cursor;
      Object.assign(list, { items: merge(list.items, page.items), isLoaded: true, problem: null });
    } catch (problem) {
      list.problem = problem;
    }
  };
  const more = async () => {
    const page = await findBroadcasts(list.next);
    Object.assign(list, { items: merge(page.items, list.items).sort(byNewest), next: page.next_cursor });
  };
  const byNewest = (one, other) => other.created_at.localeCompare(one.created_at);
  const replace = (broadcast) => {
    list.items = list.items.map((item) => (item.broadcast_id === broadcast.broadcast_id ? { ...item, ...broadcast } : item));
  };
  const tick = async () => {
    if (!document.hidden) await refresh();
    timer = setTimeout(tick, PAUSE_MS);
  };
  onMounted(tick);
  onBeforeUnmount(() => clearTimeout(timer));
  return { list, refresh, more, replace };
}

const Inbox = () => html`
  <a class="inbox" href=${config.carrier_url} target="_blank" rel="noopener noreferrer">
    <${Icon} name="chat-o" size="22" />
    <span><b>${t("broadcasts.inbox")}</b><small>${t("broadcasts.inbox.why")}</small></span>
    <${Icon} name="arrow" size="14" />
  </a>
`;

const Empty = () => html`<div class="empty"><b>${t("broadcasts.empty")}</b><p>${t("broadcasts.empty.why")}</p></div>`;

export const BroadcastList = {
  props: { newest: { type: String, default: null }, write: { type: Function, required: true } },
  setup(props) {
    const { list, more, replace } = useBroadcasts();
    return () => html`
      <main class="page">
        <header class="bar is-wide">
          <h1>${t("broadcasts.title")}</h1>
          <${Button} type="primary" size="small" round icon="edit" onClick=${props.write}>${t("broadcasts.new")}<//>
        </header>
        <div class="page-body">
          <${DemoBanner} />
          ${list.problem && html`<p class="trouble" role="alert">${wordsOf(list.problem)}</p>`}
          ${config.carrier_url && html`<${Inbox} />`}
          ${list.isLoaded && list.items.length === 0 && html`<${Empty} />`}
          ${list.items.map((broadcast) => html`
            <${BroadcastCard} key=${broadcast.broadcast_id} broadcast=${broadcast}
              isNewest=${broadcast.broadcast_id === props.newest} onChanged=${replace} />`)}
          ${list.next && html`<${Button} block plain round onClick=${more}>${t("broadcasts.more")}<//>`}
        </div>
      </main>
    `;
  },
};
