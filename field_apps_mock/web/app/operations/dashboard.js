// Sending, what was asked for, campaigns, releases and what they cost; the pump is asked for more often than the rest.
import { html } from "../vendor.js";
import { getOperations, getPump } from "../api/routes.js";
import { Trouble, Waiting } from "../shared/states.js";
import { useWatched } from "../shared/watched.js";
import { t } from "../words/index.js";
import { Campaigns } from "./campaigns.js";
import { Days } from "./days.js";
import { Ledger } from "./ledger.js";
import { Releases } from "./releases.js";
import { Sending } from "./sending.js";

const PUMP_MS = 5000;
const REST_MS = 15000;

const Rest = ({ answer }) => html`
  <${Days} days=${answer.days} rates=${answer.rates} />
  <${Campaigns} campaigns=${answer.campaigns} live=${answer.live} />
  <${Ledger} ledger=${answer.ledger} />
  <${Releases} releases=${answer.releases} />
`;
Rest.props = ["answer"];

export const Dashboard = {
  setup() {
    const { watched: pump, load: loadPump } = useWatched(getPump, PUMP_MS);
    const { watched: rest, load: loadRest } = useWatched(getOperations, REST_MS);
    const retry = () => Promise.all([loadPump(), loadRest()]);
    return () => {
      const problem = rest.problem ?? pump.problem;
      return html`
        <main class="page is-dashboard">
          <header class="bar is-wide"><h1>${t("tab.operations")}</h1></header>
          <div class="page-body" tabindex="0">
            ${problem && html`<${Trouble} problem=${problem} retry=${retry} />`}
            <div class="dashboard">
              ${pump.answer && html`<${Sending} pump=${pump.answer} rates=${rest.answer?.rates} />`}
              ${rest.answer && html`<${Rest} answer=${rest.answer} />`}
            </div>
            ${!rest.answer && !problem && html`<${Waiting} />`}
            ${rest.answer && html`<p class="note">${t("ops.why")}</p>`}
          </div>
        </main>
      `;
    };
  },
};
