// My districts: users, the need of each product, how it moved from month to month, and where it is.
import { computed, html } from "../vendor.js";
import { getTerritory } from "../api/routes.js";
import { Chart } from "../charts/chart.js";
import { ranking, rankingHeight } from "../charts/ranking.js";
import { TREND_PX, trend } from "../charts/trend.js";
import { session } from "../session.js";
import { useAnswer } from "../shared/answer.js";
import { date, figure, margin, number } from "../shared/format.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { nameOf, t } from "../words/index.js";
import { CategoryChips, categoryName } from "./category_chips.js";
import { draft } from "./draft.js";

// Districts have noise of their own each: the margin of a sum is the root of the sum of squares.
const addUp = (measures) => ({
  value: measures.reduce((sum, { value }) => sum + value, 0),
  moe95: Math.hypot(...measures.map(({ moe95 }) => moe95)),
});

const Total = ({ answer }) => {
  const users = addUp(answer.districts.map((district) => district.users));
  return html`
    <section class="card">
      <h2>${t("territory.users")}</h2>
      <p class="total-need"><b>${number(users.value)}</b><span>${t("unit.households")}</span><small>${margin(users)}</small></p>
      <p class="note">${answer.districts.map(({ name }) => name).join(t("list.between"))} · ${t("figure.as_of", { date: date(answer.as_of) })}</p>
    </section>
  `;
};
Total.props = ["answer"];

const rowsOf = (needs) =>
  session.catalog.categories
    .map((category) => ({ name: nameOf(category), ...needs[category.code] }))
    .map(({ name, value, moe95, few }) => ({ name, value: few ? null : value, moe95 }))
    .sort((one, other) => (other.value ?? -1) - (one.value ?? -1));

const Needs = {
  props: { needs: { type: Object, required: true } },
  setup(props) {
    const rows = computed(() => rowsOf(props.needs));
    const draw = computed(() => (colours) => ranking(rows.value, { colours }));
    return () => html`
      <section class="card">
        <h2>${t("territory.needs")}</h2>
        <${Chart} draw=${draw.value} height=${rankingHeight(rows.value)} label=${t("territory.needs.label")} />
        <dl class="compared">
          ${rows.value.map(({ name, value, moe95 }) => html`
            <div key=${name}><dt>${name}</dt><dd>${value === null ? t("map.few") : `${number(value)} ${margin({ moe95 })}`}</dd></div>`)}
        </dl>
      </section>
    `;
  },
};

// Months share what the smoothing knows of both, so that this margin is rather too wide than too narrow.
function changeWords(points) {
  const [before, now] = points.slice(-2);
  if (points.length < 2 || before.value === null || now.value === null) return t("item.growth.none");
  const change = now.value - before.value;
  const moe = Math.hypot(now.moe95, before.moe95);
  if (Math.abs(change) <= moe) return t("territory.change.unclear", { month: before.month });
  const words = change > 0 ? "territory.change.more" : "territory.change.less";
  return t(words, { month: before.month, change: number(Math.abs(change)), margin: number(moe) });
}

const Month = ({ point }) => html`
  <tr><th scope="row">${point.month}</th><td>${point.value === null ? t("map.few") : number(point.value)}</td>
    <td>${point.value === null ? "" : margin(point)}</td></tr>
`;
Month.props = ["point"];

const Trend = {
  props: { months: { type: Array, required: true } },
  setup(props) {
    const points = computed(() =>
      props.months.map(({ month, needs }) => {
        const { value, moe95, few } = needs[draft.category];
        return { month, value: few ? null : value, moe95 };
      }));
    const draw = computed(() => (colours) => trend(points.value, { colours }));
    return () => html`
      <section class="card">
        <h2>${t("territory.trend", { category: categoryName() })}</h2>
        <${CategoryChips} />
        ${points.value.length > 1
          ? html`<${Chart} draw=${draw.value} height=${TREND_PX + 20} label=${t("territory.trend.label", { category: categoryName() })} />`
          : html`<p class="note">${t("item.trend.none")}</p>`}
        <p class="lead">${changeWords(points.value)}</p>
        <table class="figures">
          <thead><tr><th scope="col">${t("filter.month")}</th><th scope="col">${t("territory.need")}</th><th scope="col">${t("territory.margin")}</th></tr></thead>
          <tbody>${[...points.value].reverse().map((point) => html`<${Month} key=${point.month} point=${point} />`)}</tbody>
        </table>
      </section>
    `;
  },
};

const District = ({ district }) => {
  const need = district.needs[draft.category];
  return html`
    <tr>
      <th scope="row">${district.name}</th>
      <td>${number(district.users.value)}<small>${margin(district.users)}</small></td>
      <td>${figure(need)}${!need.few && html`<small>${margin(need)}</small>`}</td>
    </tr>
  `;
};
District.props = ["district"];

const Districts = ({ districts }) => html`
  <section class="card">
    <h2>${t("territory.districts", { category: categoryName() })}</h2>
    <table class="figures has-margins">
      <thead><tr><th scope="col">${t("filter.district")}</th><th scope="col">${t("territory.user")}</th><th scope="col">${t("territory.need")}</th></tr></thead>
      <tbody>${districts.map((district) => html`<${District} key=${district.adcode} district=${district} />`)}</tbody>
    </table>
  </section>
`;
Districts.props = ["districts"];

const Found = ({ answer }) => {
  if (answer.districts.length === 0) return html`<${Empty} words=${t("territory.empty")} />`;
  return html`
    <${Total} answer=${answer} />
    ${answer.trend.length > 0 && html`<${Needs} needs=${answer.trend.at(-1).needs} /><${Trend} months=${answer.trend} />`}
    <${Districts} districts=${answer.districts} />
    <p class="note">${t("mine.privacy")}</p>
  `;
};
Found.props = ["answer"];

export const TerritoryScreen = {
  setup() {
    const { state, load } = useAnswer(() => null, (_question, signal) => getTerritory(signal));
    const answer = () => {
      if (state.problem) return html`<${Trouble} problem=${state.problem} retry=${load} />`;
      return state.answer ? html`<${Found} answer=${state.answer} />` : html`<${Waiting} />`;
    };
    return () => html`
      <main class="page">
        <header class="bar is-wide"><h1>${t("tab.territory")}</h1></header>
        <div class="page-body">${answer()}</div>
      </main>
    `;
  },
};
