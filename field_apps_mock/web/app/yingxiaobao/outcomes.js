// What a month's campaigns did: counts, rates, and lift over the households held out, each with its margin.
import { html, reactive } from "../vendor.js";
import { getOutcomes } from "../api/routes.js";
import { session } from "../session.js";
import { useAnswer } from "../shared/answer.js";
import { Choice } from "../shared/choice.js";
import { date, number } from "../shared/format.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { t } from "../words/index.js";

const COUNTS = ["messaged", "replied", "bought", "held_out", "held_out_bought"];
const RATES = ["reply_rate", "purchase_rate", "held_out_purchase_rate"];
const MONTHS_BACK = 6;

const Figure = ({ found, isRate, unit = isRate ? "%" : "" }) => {
  if (found.few || found.value === null) return html`<dd class="is-few" title=${t("few.why")}>${t("map.few")}</dd>`;
  const [value, margin] = isRate ? [found.value * 100, found.moe95 * 100] : [found.value, found.moe95];
  return html`<dd><b>${number(value, isRate ? 1 : 0)}<span>${unit}</span></b> <small>±${number(margin, isRate ? 1 : 0)}</small></dd>`;
};
Figure.props = ["found", "isRate", "unit"];

function lookOf(lift) {
  if (lift.few || lift.value === null) return "few";
  return Math.abs(lift.value) > lift.moe95 ? (lift.value > 0 ? "more" : "less") : "unclear";
}

const Lift = ({ lift }) => html`
  <div class="lift" data-look=${lookOf(lift)}>
    <dl><dt>${t("outcomes.lift")}</dt><${Figure} found=${lift} isRate unit=${t("outcomes.points")} /></dl>
    <p class="note">${t(`outcomes.lift.${lookOf(lift)}`)}</p>
  </div>
`;
Lift.props = ["lift"];

const Place = ({ name, outcomes }) => html`
  <section class="card outcomes">
    <h2>${name}</h2>
    <${Lift} lift=${outcomes.lift} />
    <dl class="compared">
      ${RATES.map((rate) => html`<div key=${rate}><dt>${t(`outcomes.${rate}`)}</dt><${Figure} found=${outcomes[rate]} isRate /></div>`)}
      ${COUNTS.filter((count) => outcomes.counts[count]).map((count) => html`
        <div key=${count}><dt>${t(`outcomes.${count}`)}</dt><${Figure} found=${outcomes.counts[count]} isRate=${false} /></div>`)}
    </dl>
  </section>
`;
Place.props = ["name", "outcomes"];

// The months before the newest release; a campaign's outcomes are told in the release after it.
function monthsBack() {
  const newest = session.catalog.releases.map(({ month }) => month.slice(0, 7)).sort().at(-1);
  if (!newest) return [];
  const [year, month] = newest.split("-").map(Number);
  return Array.from({ length: MONTHS_BACK }, (_, back) => new Date(Date.UTC(year, month - 2 - back, 1)).toISOString().slice(0, 7));
}

const Found = ({ answer }) => html`
  <p class="note">${answer.month} · ${t("figure.as_of", { date: date(answer.as_of) })}</p>
  <${Place} name=${t("outcomes.total")} outcomes=${answer.total} />
  ${answer.districts.map(({ adcode, name, outcomes }) => html`<${Place} key=${adcode} name=${name} outcomes=${outcomes} />`)}
  <p class="note">${t("outcomes.why")}</p>
`;
Found.props = ["answer"];

export const OutcomesScreen = {
  setup() {
    const asked = reactive({ month: "" });
    const { state, load } = useAnswer(() => asked.month || undefined, getOutcomes);
    const answer = () => {
      if (state.problem?.status === 404) return html`<${Empty} words=${t("outcomes.empty")} why=${t("outcomes.empty.why")} />`;
      if (state.problem) return html`<${Trouble} problem=${state.problem} retry=${load} />`;
      return state.answer ? html`<${Found} answer=${state.answer} />` : html`<${Waiting} />`;
    };
    const options = () => [{ code: "", words: t("filter.newest") }, ...monthsBack().map((month) => ({ code: month, words: month }))];
    return () => html`
      <main class="page">
        <header class="bar is-wide"><h1>${t("tab.outcomes")}</h1></header>
        <div class="page-body">
          <div class="filters">
            <${Choice} label=${t("filter.month")} options=${options()} chosen=${asked.month}
              choose=${(month) => { asked.month = month; }} />
          </div>
          ${answer()}
        </div>
      </main>
    `;
  },
};
