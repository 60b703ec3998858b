// How much of an amount is used, as a bar and in words.
import { html } from "../vendor.js";

const NEARLY = 0.9;

/** Props: value, most, label, and the words beside it. */
export const Meter = ({ value, most, label, words }) => {
  const part = most > 0 ? Math.min(value / most, 1) : 0;
  return html`
    <div class=${["meter", { "is-nearly": part >= NEARLY }]}>
      <p><span>${label}</span><b>${words}</b></p>
      <div class="meter-track" role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax=${most} aria-valuenow=${value}
        aria-valuetext=${words}><i style=${{ width: `${part * 100}%` }}></i></div>
    </div>
  `;
};
Meter.props = ["value", "most", "label", "words"];
