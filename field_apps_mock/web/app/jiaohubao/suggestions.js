// What the life-circle radar suggests to work together on, and why.
import { html } from "../vendor.js";
import { measure } from "../shared/format.js";
import { nameOf, t } from "../words/index.js";

function why({ why: reason, index_national, growth }) {
  const figures = [
    index_national && t("suggestion.index", { index: measure(index_national) }),
    growth && t("suggestion.growth", { growth: measure(growth, "%") }),
  ];
  return [t(`suggestion.${reason}`), ...figures.filter(Boolean)].join(" · ");
}

export const Suggestions = ({ suggestions }) => html`
  <section class="card">
    <h2>${t("suggestion.title")}</h2>
    <ol class="suggestions">
      ${suggestions.map((one) => html`<li key=${one.tag.key}><b>${nameOf(one.tag)}</b><span class="note">${why(one)}</span></li>`)}
    </ol>
  </section>
`;
Suggestions.props = ["suggestions"];
