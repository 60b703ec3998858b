// The ranked list of the nearest communities; pressing a row chooses it for the message.
import { Icon, html } from "../vendor.js";
import { shadeOf } from "../map/shades.js";
import { communityLimits, communityNeed } from "../map/shapes.js";
import { date, distance, figure, margin } from "../shared/format.js";
import { t } from "../words/index.js";
import { categoryName } from "./category_chips.js";

const Need = ({ need, level }) => html`
  <span class="row-need" title=${need.few ? t("few.why") : undefined}>
    <b>${figure(need)}</b>
    ${!need.few && html`<small>${margin(need)}</small>`}
    ${level === "parent" && html`<em class="tag" title=${t("list.area.why")}>${t("list.area")}</em>`}
  </span>
`;
Need.props = ["need", "level"];

const About = ({ community, isMine }) => html`
  <span class="row-about">
    <span class="row-name">${community.name}</span>
    <span class="row-facts">
      <span>${community.district.name}</span><span>${distance(community.distance_m)}</span>
      <span>${t("list.users", { users: figure({ ...community.users, few: false }) })}</span>
      ${!isMine && html`<span class="tag">${t("list.elsewhere")}</span>`}
    </span>
  </span>
`;
About.props = ["community", "isMine"];

function row(store, community, limits) {
  const need = community.needs[store.communities.category];
  const isMine = store.isMine(community);
  const isChosen = store.isChosen(community.community_code);
  return html`
    <li key=${community.community_code}>
      <button type="button" class=${["row", { "is-chosen": isChosen }]} disabled=${!isMine} aria-pressed=${String(isChosen)}
        onClick=${() => store.toggle(community)}>
        <span class="row-rank">${community.rank}</span>
        <i class="row-shade" style=${{ background: shadeOf(communityNeed(community, store.communities.category), limits) }}></i>
        <${About} community=${community} isMine=${isMine} />
        <${Need} need=${need} level=${community.level} />
        <${Icon} class="row-tick" name=${isChosen ? "checked" : "add-o"} size="22" />
      </button>
    </li>
  `;
}

const isAll = (store) =>
  store.communities.communities.every((one) => !store.isMine(one) || store.isChosen(one.community_code));

const Empty = () => html`<div class="empty"><b>${t("list.empty")}</b><p>${t("list.empty.why")}</p></div>`;

export const CommunityList = {
  props: { store: { type: Object, required: true } },
  setup({ store }) {
    return () => {
      const answer = store.communities;
      if (!answer) return store.isLoading && html`<div class="skeleton" aria-hidden="true"><i></i><i></i><i></i></div>`;
      if (answer.communities.length === 0) return html`<${Empty} />`;
      const ranked = [...answer.communities].sort((one, other) => one.rank - other.rank);
      const limits = communityLimits(answer);
      return html`
        <div class="list">
          <header class="list-head">
            <h2>${t("list.title", { count: ranked.length })}</h2>
            <button type="button" class="plain" onClick=${store.toggleAll}>${t(isAll(store) ? "list.none" : "list.all")}</button>
            <p>${t("list.sorted", { category: categoryName() })} · ${t("figure.as_of", { date: date(answer.as_of) })}</p>
          </header>
          <ol class="rows">${ranked.map((community) => row(store, community, limits))}</ol>
        </div>
      `;
    };
  },
};
