// The valve before the carrier and the pump's last sign of life, in the pump's own few words.
import { Icon, html } from "../vendor.js";
import { number, time } from "../shared/format.js";
import { t } from "../words/index.js";

const LOOKS = { open: "good", trial: "warn", breaker: "bad", operator: "warn", carrier: "bad", silent: "bad", never: "warn" };
const ICONS = { good: "passed", warn: "warning-o", bad: "close" };

function wordOf({ report, is_silent: isSilent }) {
  if (!report) return "never";
  return isSilent ? "silent" : report.valve;
}

const Fact = ({ name, words }) => html`<div><dt>${name}</dt><dd>${words}</dd></div>`;
Fact.props = ["name", "words"];

const Facts = ({ report, rates }) => html`
  <dl class="compared">
    ${report && html`<${Fact} name=${t("ops.pump.told")} words=${time(report.told_at, { withSeconds: true })} />`}
    ${report?.since && html`<${Fact} name=${t("ops.valve.since")} words=${time(report.since)} />`}
    ${report && html`<${Fact} name=${t("ops.doubt")} words=${t(`ops.doubt.${report.doubt}`)} />`}
    ${rates && html`<${Fact} name=${t("ops.rate")} words=${t("ops.rate.words", { rate: number(rates.send_rate_per_s, 1) })} />`}
    ${rates && html`<${Fact} name=${t("ops.window")} words=${`${rates.window.opens}–${rates.window.closes}`} />`}
  </dl>
`;
Facts.props = ["report", "rates"];

/** Props: pump as the API answers, rates once they are known. */
export const Sending = ({ pump, rates }) => {
  const word = wordOf(pump);
  const look = LOOKS[word];
  const code = pump.report?.carrier_code;
  return html`
    <section class="card" data-valve=${word}>
      <h2>${t("ops.sending")}</h2>
      <div class=${`health is-${look}`} role="status">
        <${Icon} name=${ICONS[look]} size="26" />
        <div>
          <b>${t(`ops.valve.${word}`)}${code && word === "carrier" ? ` · ${code}` : ""}</b>
          <p>${t(`ops.valve.${word}.why`)}</p>
        </div>
      </div>
      <${Facts} report=${pump.report} rates=${rates} />
    </section>
  `;
};
Sending.props = ["pump", "rates"];
