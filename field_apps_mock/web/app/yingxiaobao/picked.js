// The communities chosen for a message: the first few, the others on demand.
import { Icon, html, ref } from "../vendor.js";
import { t } from "../words/index.js";
import { draft } from "./draft.js";

const SHOWN = 5;

const One = ({ community }) => html`
  <li>
    <span>${community.name}</span>
    <button type="button" aria-label=${t("compose.remove", { name: community.name })}
      onClick=${() => draft.communities.splice(draft.communities.indexOf(community), 1)}><${Icon} name="cross" size="14" /></button>
  </li>
`;
One.props = ["community"];

export const Picked = {
  emits: ["pick"],
  setup(_props, { emit }) {
    const isWhole = ref(false);
    const all = (count) => html`
      <li key="all"><button type="button" class="plain" aria-expanded=${String(isWhole.value)}
        onClick=${() => { isWhole.value = !isWhole.value; }}>${t(isWhole.value ? "compose.fewer" : "compose.all", { count })}</button></li>`;
    return () => {
      const count = draft.communities.length;
      const isMany = count > SHOWN + 1;
      const shown = isMany && !isWhole.value ? draft.communities.slice(0, SHOWN) : draft.communities;
      return html`
        <ul class="picked">
          ${shown.map((community) => html`<${One} key=${community.community_code} community=${community} />`)}
          ${isMany && all(count)}
          <li key="more"><button type="button" class="plain" aria-label=${t("compose.pick")} onClick=${() => emit("pick")}>
            ${count === 0 ? t("compose.pick") : html`<${Icon} name="plus" size="16" />`}
          </button></li>
        </ul>
      `;
    };
  },
};
