// The total inside the ring, the choice of its radius, and the figures of the hexagon that was tapped.
import { html } from "../vendor.js";
import { date, figure, margin } from "../shared/format.js";
import { t } from "../words/index.js";
import { categoryName } from "./category_chips.js";

const RADII_M = [1000, 3000, 5000];

const Radius = ({ store }) => html`
  <div class="radii" role="group" aria-label=${t("users.radius")}>
    ${RADII_M.map((radiusM) => html`
      <button key=${radiusM} type="button" aria-pressed=${String(store.radiusM === radiusM)}
        onClick=${() => { store.radiusM = radiusM; }}>${radiusM / 1000} km</button>
    `)}
  </div>
`;
Radius.props = ["store"];

const Cell = ({ properties }) => html`
  <div class="cell" role="status">
    <span>${t("users.cell")}</span>
    <b>${figure({ value: properties.need, few: properties.few })}</b>
    ${!properties.few && html`<small>${margin(properties)}</small>`}
    ${properties.users !== null && html`
      <span class="cell-users">${t("list.users", { users: figure({ value: properties.users }) })}</span>`}
  </div>
`;
Cell.props = ["properties"];

export const UserFigures = {
  props: { store: { type: Object, required: true } },
  setup({ store }) {
    return () => {
      const answer = store.heatmap;
      const tapped = answer?.features.find((feature) => feature.properties.cell === store.cell);
      const total = answer?.total;
      return html`
        <div class="total">
          <div class="total-head">
            <h2>${t("users.within", { km: store.radiusM / 1000, category: categoryName() })}</h2>
            <${Radius} store=${store} />
          </div>
          <p class="total-need">
            <b>${total ? figure(total.need) : "—"}</b>
            <span>${t("unit.households")}</span>
            ${total && html`<small>${margin(total.need)}</small>`}
          </p>
          <p class="total-facts">
            ${total && html`<span>${t("users.total", { users: figure(total.users) })}</span>`}
            ${answer && html`<span>${t("figure.as_of", { date: date(answer.as_of) })}</span>`}
          </p>
          ${tapped ? html`<${Cell} properties=${tapped.properties} />` : html`<p class="total-hint">${t("users.hint")}</p>`}
        </div>
      `;
    };
  },
};
