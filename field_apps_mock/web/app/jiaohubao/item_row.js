// One tag of a radar; pressing it shows how it compares and how it went month by month.
import { Icon, html } from "../vendor.js";
import { Chart } from "../charts/chart.js";
import { TREND_PX, trend } from "../charts/trend.js";
import { measure, number } from "../shared/format.js";
import { language, t } from "../words/index.js";
import { vocabularyOf } from "./naming.js";

const UNITS = { share: "%", share_city: "%", share_national: "%", index_city: "", index_national: "" };

const Compared = ({ item }) => html`
  <dl class="compared">
    ${Object.entries(UNITS).map(([name, unit]) => html`
      <div key=${name}><dt>${t(`item.${name}`)}</dt><dd>${measure(item[name], unit)}</dd></div>`)}
    <div key="count"><dt>${t("item.count")}</dt><dd>${item.count.few ? t("map.few") : measure(item.count)}</dd></div>
  </dl>
`;
Compared.props = ["item"];

function growthWords({ growth }) {
  if (!growth) return t("item.growth.none");
  const sign = growth.value > 0 ? "+" : "";
  const since = t("item.growth.since", { month: growth.since, growth: `${sign}${measure(growth, "%")}` });
  return growth.clear ? since : `${since} ${t("item.growth.unclear")}`;
}

function kinds(list, codes) {
  return codes.map((code) => vocabularyOf(list, code)).join(language.value === "zh" ? "、" : ", ");
}

const Words = ({ tag }) => {
  const example = language.value === "zh" ? tag.example_zh : tag.example_en;
  return html`
    <div class="item-words">
      ${example && html`<p><q>${example}</q> <span class="note">${t("item.example")}</span></p>`}
      ${tag.platforms.length > 0 && html`<p>${t("item.platforms", { names: kinds("platforms", tag.platforms) })}</p>`}
      ${tag.influencers.length > 0 && html`<p>${t("item.influencers", { names: kinds("influencers", tag.influencers) })}</p>`}
    </div>
  `;
};
Words.props = ["tag"];

function pointsOf({ series }) {
  return series.map(({ month, count, share }) => ({
    month,
    value: count.few || !share ? null : share.value,
    moe95: share?.moe95 ?? null,
  }));
}

const Trend = ({ item, name }) => {
  const points = pointsOf(item);
  if (points.filter(({ value }) => value !== null).length < 2) return html`<p class="note">${t("item.trend.none")}</p>`;
  const draw = (colours) => trend(points, { unit: "%", colours });
  return html`<${Chart} draw=${draw} height=${TREND_PX} label=${t("item.trend", { name })} />`;
};
Trend.props = ["item", "name"];

const More = ({ item, name }) => html`
  <div class="item-more">
    <${Words} tag=${item.tag} />
    <${Compared} item=${item} />
    <p>${growthWords(item)}</p>
    <${Trend} item=${item} name=${name} />
    ${item.seasonality.missing && html`<p class="note">${t(`item.season.${item.seasonality.missing}`)}</p>`}
  </div>
`;
More.props = ["item", "name"];

function Figure({ item, value, unit }) {
  if (item.count.few || !value) return html`<span class="item-figure"><b title=${t("few.why")}>${t("map.few")}</b></span>`;
  return html`<span class="item-figure"><b>${number(value.value, 1)}${unit}</b><small>±${number(value.moe95, 1)}</small></span>`;
}
Figure.props = ["item", "value", "unit"];

export const ItemRow = {
  props: { item: Object, rank: Number, name: String, value: Object, unit: String, isOpen: Boolean },
  emits: ["toggle"],
  setup(props, { emit }) {
    return () => html`
      <li class="item">
        <button type="button" class="item-head" aria-expanded=${String(props.isOpen)} onClick=${() => emit("toggle")}>
          <span class="row-rank">${props.rank}</span>
          <span class="item-name">${props.name}</span>
          <${Figure} item=${props.item} value=${props.value} unit=${props.unit} />
          <${Icon} name=${props.isOpen ? "arrow-up" : "arrow-down"} size="14" />
        </button>
        ${props.isOpen && html`<${More} item=${props.item} name=${props.name} />`}
      </li>
    `;
  },
};
