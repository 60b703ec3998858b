// The map with its switches, its legend and the sheet below it.
import { Icon, Loading, computed, html, showToast } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { FEW_SHADE, legendOf } from "../map/shades.js";
import { cellLimits, communityLimits } from "../map/shapes.js";
import { MapView } from "../map/map_view.js";
import { locate } from "../map/locate.js";
import { t } from "../words/index.js";
import { CategoryChips } from "./category_chips.js";
import { ChosenBar } from "./chosen_bar.js";
import { CommunityList } from "./community_list.js";
import { Sheet } from "./sheet.js";
import { UserFigures } from "./user_figures.js";

const MODES = ["communities", "users"];

const TopBar = ({ store }) => html`
  <header class="map-top">
    <div class="modes" role="group" aria-label=${t("map.modes")}>
      ${MODES.map((mode) => html`
        <button key=${mode} type="button" aria-pressed=${String(store.mode === mode)}
          onClick=${() => { store.mode = mode; }}>${t(`mode.${mode}`)}</button>
      `)}
    </div>
    <${CategoryChips} />
  </header>
`;
TopBar.props = ["store"];

const Legend = ({ limits }) => html`
  <div class="legend" role="group" aria-label=${t("map.legend")}>
    <span class="legend-title">${t("map.legend")}</span>
    <div class="legend-steps">
      <span class="legend-step"><i style=${{ background: FEW_SHADE }}></i>${t("map.few")}</span>
      ${legendOf(limits).map(({ shade, words }) => html`
        <span key=${shade} class="legend-step"><i style=${{ background: shade }}></i>${words}</span>
      `)}
    </div>
  </div>
`;
Legend.props = ["limits"];

async function goToMe(store) {
  try {
    store.moveTo(await locate());
    showToast(t("map.located"));
  } catch {
    showToast(t("map.not_located"));
  }
}

const Tools = ({ store }) => html`
  <div class="map-tools">
    <button type="button" aria-label=${t("map.pick")} aria-pressed=${String(store.isPicking)}
      onClick=${() => { store.isPicking = !store.isPicking; }}><${Icon} name="location-o" size="20" /></button>
    <button type="button" aria-label=${t("map.locate")} onClick=${() => goToMe(store)}><${Icon} name="aim" size="20" /></button>
  </div>
`;
Tools.props = ["store"];

const Trouble = ({ store }) => html`
  <div class="map-trouble" role="alert">
    <span>${wordsOf(store.problem)}</span>
    <button type="button" class="plain" onClick=${store.load}>${t("problem.retry")}</button>
  </div>
`;
Trouble.props = ["store"];

export const MapScreen = {
  props: { store: { type: Object, required: true }, write: { type: Function, required: true } },
  setup({ store, write }) {
    const limits = computed(() => {
      if (store.mode === "communities") return store.communities ? communityLimits(store.communities) : [];
      return store.heatmap ? cellLimits(store.heatmap) : [];
    });
    return () => html`
      <main class=${["map-screen", `is-${store.mode}`]}>
        <h1 class="unseen">${t("tab.map")}</h1>
        <${MapView} store=${store} />
        <${TopBar} store=${store} />
        <div class="map-side">
          <${Tools} store=${store} />
        </div>
        ${store.isPicking && html`
          <div class="map-hint" role="status">${t("map.pick.hint")}
            <button type="button" class="plain" onClick=${() => { store.isPicking = false; }}>${t("map.pick.cancel")}</button>
          </div>`}
        ${store.isLoading && html`<div class="map-loading" role="status" aria-label=${t("state.loading")}><${Loading} size="18" color="currentColor" /></div>`}
        <${Sheet} mode=${store.mode}>
          <${Legend} limits=${limits.value} />
          ${store.problem && html`<${Trouble} store=${store} />`}
          ${store.mode === "communities"
            ? html`<${CommunityList} store=${store} />`
            : html`<${UserFigures} store=${store} />`}
        <//>
        ${store.chosen.length > 0 && html`<${ChosenBar} store=${store} write=${write} />`}
      </main>
    `;
  },
};
