// Three radars, one question each: where, which month, which product.
import { Button, html, onMounted, reactive, ref } from "../vendor.js";
import { exportRadar, findMonths, scanRadar } from "../api/planner_routes.js";
import { Chips } from "../shared/chips.js";
import { Choice } from "../shared/choice.js";
import { useAnswer } from "../shared/answer.js";
import { saveFile } from "../shared/save_file.js";
import { Empty, Trouble, Waiting } from "../shared/states.js";
import { t } from "../words/index.js";
import { areaOptions, categoryOptions } from "./naming.js";
import { RadarAnswer } from "./radar_answer.js";

const RADARS = ["pain-points", "interests", "life-circle"];

const Switch = ({ asked }) => html`
  <div class="modes" role="group" aria-label=${t("tab.radars")}>
    ${RADARS.map((radar) => html`
      <button key=${radar} type="button" aria-pressed=${String(asked.radar === radar)}
        onClick=${() => { asked.radar = radar; }}>${t(`radar.${radar}`)}</button>`)}
  </div>
`;
Switch.props = ["asked"];

const Filters = ({ asked, months }) => html`
  <div class="filters">
    <${Choice} label=${t("filter.area")} options=${areaOptions()} chosen=${asked.district}
      choose=${(code) => { asked.district = code; }} />
    <${Choice} label=${t("filter.month")} chosen=${asked.month}
      options=${[{ code: "", words: t("filter.newest") }, ...months.map((month) => ({ code: month, words: month }))]}
      choose=${(code) => { asked.month = code; }} />
  </div>
`;
Filters.props = ["asked", "months"];

function useMonths() {
  const months = ref([]);
  onMounted(async () => {
    // Without the list the newest month can still be asked for; the radar itself says what is wrong.
    const found = await findMonths().catch(() => ({ months: [] }));
    months.value = found.months.map(({ month }) => month);
  });
  return months;
}

function useExport(query) {
  const saving = reactive({ isBusy: false, problem: null });
  const save = async () => {
    if (saving.isBusy) return;
    Object.assign(saving, { isBusy: true, problem: null });
    const asked = query();
    try {
      saveFile(await exportRadar(asked), `${asked.radar}-${asked.district}-${asked.month ?? "newest"}.csv`);
    } catch (problem) {
      saving.problem = problem;
    }
    saving.isBusy = false;
  };
  return { saving, save };
}

function queryOf({ radar, district, month, category }) {
  return { radar, district, month: month || undefined, category: (radar === "pain-points" && category) || undefined };
}

export const RadarScreen = {
  setup() {
    const asked = reactive({ radar: RADARS[0], district: areaOptions()[0]?.code ?? "", month: "", category: "" });
    const query = () => queryOf(asked);
    const months = useMonths();
    const { state, load } = useAnswer(query, scanRadar);
    const { saving, save } = useExport(query);
    const answer = () => {
      if (state.problem) return html`<${Trouble} problem=${state.problem} retry=${load} />`;
      if (!state.answer) return html`<${Waiting} />`;
      if (state.answer.items.length === 0) return html`<${Empty} words=${t("radar.empty")} why=${t("radar.empty.why")} />`;
      return html`<${RadarAnswer} key=${JSON.stringify(query())} radar=${asked.radar} answer=${state.answer} />`;
    };
    return () => html`
      <main class="page">
        <header class="bar is-wide">
          <h1>${t("tab.radars")}</h1>
          <${Button} size="small" round icon="down" loading=${saving.isBusy} disabled=${!state.answer} onClick=${save}>
            ${t("radar.csv")}<//>
        </header>
        <div class="page-body">
          <${Switch} asked=${asked} />
          <${Filters} asked=${asked} months=${months.value} />
          ${asked.radar === "pain-points" && html`
            <${Chips} options=${categoryOptions()} chosen=${asked.category} label=${t("filter.category")}
              onChoose=${(code) => { asked.category = code; }} />`}
          ${saving.problem && html`<${Trouble} problem=${saving.problem} />`}
          ${answer()}
        </div>
      </main>
    `;
  },
};
