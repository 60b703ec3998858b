// Campaigns of the last week by state, and the broadcasts under way with how far they are by the clock.
import { html } from "../vendor.js";
import { session } from "../session.js";
import { number, time } from "../shared/format.js";
import { nameOf, t } from "../words/index.js";

const KINDS = ["broadcast", "invitation"];
const SHOWN = 8;

const Counts = ({ kind, campaigns }) => {
  const own = campaigns.filter((one) => one.kind === kind);
  return html`
    <div class="counts">
      <h3>${t(`ops.${kind}`)}</h3>
      ${own.length === 0 && html`<p class="note">${t("ops.none")}</p>`}
      <ul>${own.map(({ state, count }) => html`
        <li key=${state}><b>${number(count)}</b><span class=${`state is-${state}`}>${t(`state.${state}`)}</span></li>`)}</ul>
    </div>
  `;
};
Counts.props = ["kind", "campaigns"];

// By the clock alone: from the start to the slot at which it is told as done.
function passed({ starts_at: start, done_at: done }) {
  const [from, to] = [new Date(start).getTime(), new Date(done).getTime()];
  return Math.min(Math.max((Date.now() - from) / Math.max(to - from, 1), 0), 1);
}

const categoryOf = ({ category }) => nameOf(session.catalog.categories.find(({ code }) => code === category));

const Live = ({ broadcast }) => html`
  <li class="live">
    <p>
      <span class=${`state is-${broadcast.state}`}>${t(`state.${broadcast.state}`)}</span>
      <b>${`${broadcast.city_name} · ${categoryOf(broadcast)}`}</b>
      <span class="broadcast-quota">${t("broadcasts.quota", { quota: number(broadcast.quota) })}</span>
    </p>
    ${broadcast.state !== "in_review" && html`
      <div class="meter-track" aria-hidden="true"><i style=${{ width: `${passed(broadcast) * 100}%` }}></i></div>`}
    <p class="note">${t("ops.live.times", { created: time(broadcast.created_at), done: time(broadcast.done_at) })}</p>
  </li>
`;
Live.props = ["broadcast"];

/** Props: campaigns [{kind, state, count}], live broadcasts newest first. */
export const Campaigns = ({ campaigns, live }) => html`
  <section class="card">
    <h2>${t("ops.campaigns")}</h2>
    ${KINDS.map((kind) => html`<${Counts} key=${kind} kind=${kind} campaigns=${campaigns} />`)}
    <h3>${t("ops.live", { count: live.length })}</h3>
    ${live.length === 0 && html`<p class="note">${t("ops.live.none")}</p>`}
    <ul class="lives">${live.slice(0, SHOWN).map((one) => html`<${Live} key=${one.broadcast_id} broadcast=${one} />`)}</ul>
    ${live.length > SHOWN && html`<p class="note">${t("ops.live.more", { count: live.length - SHOWN })}</p>`}
  </section>
`;
Campaigns.props = ["campaigns", "live"];
