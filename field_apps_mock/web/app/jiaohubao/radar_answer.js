// What a radar found: the chart, the ranked list that says the same in words, and what is not released.
import { computed, html, ref } from "../vendor.js";
import { Chart } from "../charts/chart.js";
import { ranking, rankingHeight } from "../charts/ranking.js";
import { date } from "../shared/format.js";
import { language, nameOf, t } from "../words/index.js";
import { ItemRow } from "./item_row.js";
import { Suggestions } from "./suggestions.js";
import { categoryOf } from "./naming.js";

const SHOWN = 10; // bars; the list below has all
const INDEX_BASE = 100;

// Pains are shown as shares beside the nation's, interests and topics as indexes on it: as shares, too, where the area
// is all of the nation that is released.
const isShare = (answer, radar) => radar === "pain-points" || answer.items.every((item) => !item.index_national);
const valueOf = (item, asShare) => (asShare ? item.share : item.index_national);

const shareOf = ({ count, share }) => (count.few ? -1 : (share?.value ?? -1));

// Interests and topics come in the order of their indexes; where shares are shown instead, in that of those.
const inOrder = (items, asShare, radar) =>
  asShare && radar !== "pain-points" ? [...items].sort((one, other) => shareOf(other) - shareOf(one)) : items;

const nameIn = (item, isMixed) => (isMixed && item.tag.category ? `${categoryOf(item.tag.category)} ${nameOf(item.tag)}` : nameOf(item.tag));

function rowsOf(items, asShare, isMixed) {
  return items.slice(0, SHOWN).map((item) => {
    const value = item.count.few ? null : valueOf(item, asShare);
    return {
      name: nameIn(item, isMixed),
      value: value?.value ?? null,
      moe95: value?.moe95 ?? null,
      base: asShare ? item.share_national?.value : undefined,
    };
  });
}

const Legend = ({ asShare, hasBase }) => html`
  <p class="note chart-legend">
    ${asShare ? t("chart.share") : t("chart.index")} · ${t("chart.whisker")}
    ${asShare ? hasBase && ` · ${t("chart.diamond")}` : ` · ${t("chart.dashed")}`}
  </p>
`;
Legend.props = ["asShare", "hasBase"];

const reasonOf = ({ reason_zh, reason_en }) => (language.value === "zh" ? reason_zh : reason_en);

const NotReleased = ({ answer }) => {
  const left = answer.by_category ?? answer.by_segment;
  return left && html`<p class="note">${reasonOf(left)}</p>`;
};
NotReleased.props = ["answer"];

export const RadarAnswer = {
  props: { radar: { type: String, required: true }, answer: { type: Object, required: true } },
  setup({ radar, answer }) {
    const open = ref(null);
    const isMixed = radar === "pain-points" && !answer.category;
    const asShare = isShare(answer, radar);
    const items = inOrder(answer.items, asShare, radar);
    const unit = asShare ? "%" : "";
    const rows = computed(() => rowsOf(items, asShare, isMixed));
    const draw = computed(() => (colours) =>
      ranking(rows.value, { base: asShare ? null : INDEX_BASE, unit, colours }));
    const hasFigures = rows.value.some(({ value }) => value !== null);
    const hasBase = rows.value.some(({ base }) => typeof base === "number");
    const toggle = (key) => {
      open.value = open.value === key ? null : key;
    };
    return () => html`
      <section class="card" data-radar=${radar}>
        <h2>${`${answer.area.name} · ${answer.month}`}</h2>
        ${hasFigures
          ? html`<${Chart} draw=${draw.value} height=${rankingHeight(rows.value)} label=${t("chart.label", { radar: t(`radar.${radar}`) })} />
              <${Legend} asShare=${asShare} hasBase=${hasBase} />`
          : html`<p class="note">${t("radar.few")}</p>`}
      </section>
      ${answer.suggestions?.length > 0 && html`<${Suggestions} suggestions=${answer.suggestions} />`}
      <section class="card is-list">
        <ol class="items">
          ${items.map((item, place) => html`
            <${ItemRow} key=${item.tag.key} item=${item} rank=${place + 1} name=${nameIn(item, isMixed)} value=${valueOf(item, asShare)} unit=${unit}
              isOpen=${open.value === item.tag.key} onToggle=${() => toggle(item.tag.key)} />`)}
        </ol>
      </section>
      <${NotReleased} answer=${answer} />
      <p class="note">${t("figure.as_of", { date: date(answer.as_of) })} · ${t("mine.privacy")}</p>
    `;
  },
};
