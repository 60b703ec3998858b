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

// Pains are shown as shares beside the nation's, interests and topics as indexes on it.
const valueOf = (item, radar) => (radar === "pain-points" ? item.share : item.index_national);

const nameIn = (item, isMixed) => (isMixed && item.tag.category ? `${categoryOf(item.tag.category)} ${nameOf(item.tag)}` : nameOf(item.tag));

function rowsOf(answer, radar, isMixed) {
  return answer.items.slice(0, SHOWN).map((item) => {
    const value = item.count.few ? null : valueOf(item, radar);
    return {
      name: nameIn(item, isMixed),
      value: value?.value ?? null,
      moe95: value?.moe95 ?? null,
      base: radar === "pain-points" ? item.share_national?.value : undefined,
    };
  });
}

const Legend = ({ radar }) => html`
  <p class="note chart-legend">
    ${radar === "pain-points" ? t("chart.share") : t("chart.index")} · ${t("chart.whisker")}
    ${radar === "pain-points" ? ` · ${t("chart.diamond")}` : ` · ${t("chart.dashed")}`}
  </p>
`;
Legend.props = ["radar"];

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
    const rows = computed(() => rowsOf(answer, radar, isMixed));
    const draw = computed(() => (colours) =>
      ranking(rows.value, { base: radar === "pain-points" ? null : INDEX_BASE, unit: radar === "pain-points" ? "%" : "", colours }));
    const hasFigures = rows.value.some(({ value }) => value !== null);
    const toggle = (key) => {
      open.value = open.value === key ? null : key;
    };
    return () => html`
      <section class="card" data-radar=${radar}>
        <h2>${`${answer.area.name} · ${answer.month}`}</h2>
        ${hasFigures
          ? html`<${Chart} draw=${draw.value} height=${rankingHeight(rows.value)} label=${t("chart.label", { radar: t(`radar.${radar}`) })} />
              <${Legend} radar=${radar} />`
          : html`<p class="note">${t("radar.few")}</p>`}
      </section>
      ${answer.suggestions?.length > 0 && html`<${Suggestions} suggestions=${answer.suggestions} />`}
      <section class="card is-list">
        <ol class="items">
          ${answer.items.map((item) => html`
            <${ItemRow} key=${item.tag.key} item=${item} name=${nameIn(item, isMixed)} value=${valueOf(item, radar)} radar=${radar}
              isOpen=${open.value === item.tag.key} onToggle=${() => toggle(item.tag.key)} />`)}
        </ol>
      </section>
      <${NotReleased} answer=${answer} />
      <p class="note">${t("figure.as_of", { date: date(answer.as_of) })} · ${t("mine.privacy")}</p>
    `;
  },
};
