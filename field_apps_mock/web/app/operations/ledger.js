// The budget of the promise: what the rolling year has cost, and each month and city of it.
import { html } from "../vendor.js";
import { number } from "../shared/format.js";
import { Meter } from "../shared/meter.js";
import { t } from "../words/index.js";

const epsilon = (value) => (value === null ? t("ops.ledger.unknown") : `ε ${value.toFixed(2)}`);

const Month = ({ month }) => html`
  <tr>
    <th scope="row">${month.month}</th>
    <td>${month.cities.map((city) => html`<span key=${city.city_code} class="ledger-city">${`${city.city_name} ${epsilon(city.epsilon)}`}</span>`)}</td>
    <td>${epsilon(month.year_epsilon)}</td>
  </tr>
`;
Month.props = ["month"];

/** Props: ledger as the API answers. */
export const Ledger = ({ ledger }) => {
  const [newest] = ledger.months;
  return html`
    <section class="card">
      <h2>${t("ops.ledger")}</h2>
      ${newest
        ? html`<${Meter} value=${newest.year_epsilon} most=${ledger.epsilon} label=${t("ops.ledger.year")}
            words=${t("ops.ledger.of", { spent: newest.year_epsilon.toFixed(2), most: number(ledger.epsilon, 2) })} />
          <table class="figures">
            <thead><tr><th scope="col">${t("filter.month")}</th><th scope="col">${t("ops.ledger.cities")}</th><th scope="col">${t("ops.ledger.to")}</th></tr></thead>
            <tbody>${ledger.months.map((month) => html`<${Month} key=${month.month} month=${month} />`)}</tbody>
          </table>`
        : html`<p class="note">${t("mine.release.none")}</p>`}
      <p class="note">${t("ops.ledger.why")}</p>
    </section>
  `;
};
Ledger.props = ["ledger"];
