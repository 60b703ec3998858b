// One choice of several, with its label: the phone's own picker.
import { html } from "../vendor.js";

/** Props: label, options [{code, words}], chosen (a string, "" for all), and `choose(code)`. */
export const Choice = ({ label, options, chosen, choose }) => html`
  <label class="choice">
    <span>${label}</span>
    <select value=${chosen} onChange=${(event) => choose(event.target.value)}>
      ${options.map(({ code, words }) => html`<option key=${code} value=${code} selected=${code === chosen}>${words}</option>`)}
    </select>
  </label>
`;
Choice.props = ["label", "options", "chosen", "choose"];
