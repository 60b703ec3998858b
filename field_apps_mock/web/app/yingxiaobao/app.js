// 营销宝: three tabs, and the page on which a message is written over them.
import { Icon, html, ref } from "../vendor.js";
import { t } from "../words/index.js";
import { BroadcastList } from "./broadcast_list.js";
import { Compose } from "./compose.js";
import { MapScreen } from "./map_screen.js";
import { Mine } from "./mine.js";
import { makeStore } from "./store.js";

const TABS = [
  { name: "map", icon: "location-o", iconChosen: "location" },
  { name: "broadcasts", icon: "volume-o", iconChosen: "volume" },
  { name: "mine", icon: "user-o", iconChosen: "user" },
];

const TabBar = ({ chosen, choose }) => html`
  <nav class="tabs" aria-label=${t("app.name")}>
    ${TABS.map(({ name, icon, iconChosen }) => html`
      <button key=${name} type="button" class=${{ "is-chosen": chosen === name }}
        aria-current=${chosen === name ? "page" : undefined} onClick=${() => choose(name)}>
        <${Icon} name=${chosen === name ? iconChosen : icon} size="22" />
        <span>${t(`tab.${name}`)}</span>
      </button>
    `)}
  </nav>
`;
TabBar.props = ["chosen", "choose"];

export const Yingxiaobao = {
  setup() {
    const store = makeStore();
    const tab = ref("map");
    const isComposing = ref(false);
    const sent = ref(null);
    const open = (name) => {
      tab.value = name;
      isComposing.value = false;
    };
    const write = () => {
      isComposing.value = true;
    };
    const onSent = (broadcast) => {
      sent.value = broadcast.broadcast_id;
      open("broadcasts");
    };
    return () => html`
      <div class="app" inert=${isComposing.value}>
        <${MapScreen} store=${store} write=${write} class=${{ "is-hidden": tab.value !== "map" }} />
        ${tab.value === "broadcasts" && html`<${BroadcastList} newest=${sent.value} write=${write} />`}
        ${tab.value === "mine" && html`<${Mine} />`}
        <${TabBar} chosen=${tab.value} choose=${open} />
      </div>
      ${isComposing.value && html`
        <${Compose} onBack=${() => { isComposing.value = false; }} onPick=${() => open("map")} onSent=${onSent} />
      `}
    `;
  },
};
