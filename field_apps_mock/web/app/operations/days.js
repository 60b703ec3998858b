// What was asked for today against the organisation's amount, and on the days before.
import { html } from "../vendor.js";
import { number } from "../shared/format.js";
import { Meter } from "../shared/meter.js";
import { t } from "../words/index.js";

const shortDay = (day) => day.slice(5).replace("-", "/");

const Day = ({ use, most }) => html`
  <tr>
    <th scope="row">${shortDay(use.day)}</th>
    <td class="day-bar">${use.messages > 0 && html`<i style=${{ width: `${(use.messages / most) * 100}%` }}></i>`}</td>
    <td>${number(use.messages)}</td><td>${number(use.broadcasts)}</td><td>${number(use.invitations)}</td>
  </tr>
`;
Day.props = ["use", "most"];

/** Props: days newest first, rates. */
export const Days = ({ days, rates }) => {
  const most = Math.max(1, ...days.map(({ messages }) => messages));
  const { messages } = days[0];
  return html`
    <section class="card">
      <h2>${t("ops.asked")}</h2>
      <${Meter} value=${messages} most=${rates.messages_per_day} label=${t("ops.asked.today")}
        words=${t("ops.asked.of", { messages: number(messages), most: number(rates.messages_per_day) })} />
      <table class="figures">
        <thead><tr>
          <th scope="col">${t("ops.day")}</th><th></th>
          <th scope="col">${t("ops.day.messages")}</th><th scope="col">${t("ops.broadcast")}</th><th scope="col">${t("ops.invitation")}</th>
        </tr></thead>
        <tbody>${days.map((use) => html`<${Day} key=${use.day} use=${use} most=${most} />`)}</tbody>
      </table>
      <p class="note">${t("ops.asked.why")}</p>
    </section>
  `;
};
Days.props = ["days", "rates"];
