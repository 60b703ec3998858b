// What a screen shows while it has nothing else to show: waiting, empty, refused, offline.
import { html } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { t } from "../words/index.js";

export const Waiting = () => html`
  <div class="skeleton" role="status" aria-label=${t("state.loading")}><i></i><i></i><i></i></div>
`;

/** Props: problem, and `retry` where asking again may help. */
export const Trouble = ({ problem, retry }) => html`
  <div class="trouble is-row" role="alert">
    <span>${wordsOf(problem)}</span>
    ${retry && html`<button type="button" class="plain" onClick=${retry}>${t("problem.retry")}</button>`}
  </div>
`;
Trouble.props = ["problem", "retry"];

/** Props: words and why, both said already. */
export const Empty = ({ words, why }) => html`<div class="empty"><b>${words}</b>${why && html`<p>${why}</p>`}</div>`;
Empty.props = ["words", "why"];
