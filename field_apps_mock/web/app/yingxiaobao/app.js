// 营销宝: five tabs, and the page on which a message is written over them.
import { html, ref } from "../vendor.js";
import { useBack } from "../shared/back.js";
import { Mine } from "../shared/mine.js";
import { useSettling } from "../shared/settling.js";
import { TabBar } from "../shared/tab_bar.js";
import { BroadcastList } from "./broadcast_list.js";
import { Compose } from "./compose.js";
import { MapScreen } from "./map_screen.js";
import { OutcomesScreen } from "./outcomes.js";
import { makeStore } from "./store.js";
import { TerritoryScreen } from "./territory.js";

const TABS = [
  { name: "map", icon: "location-o", iconChosen: "location" },
  { name: "territory", icon: "bar-chart-o", iconChosen: "bar-chart-o" },
  { name: "broadcasts", icon: "volume-o", iconChosen: "volume" },
  { name: "outcomes", icon: "chart-trending-o", iconChosen: "chart-trending-o" },
  { name: "mine", icon: "user-o", iconChosen: "user" },
];

export const Yingxiaobao = {
  setup() {
    const store = makeStore();
    const tab = ref("map");
    const isComposing = ref(false);
    const sent = ref(null);
    const { isSettling, settle } = useSettling();
    const close = () => {
      isComposing.value = false;
    };
    useBack(() => isComposing.value, close);
    const open = (name) => {
      tab.value = name;
      isComposing.value = false;
    };
    const write = () => {
      isComposing.value = true;
    };
    const onSent = (broadcast) => {
      sent.value = broadcast.broadcast_id;
      settle();
      open("broadcasts");
    };
    return () => html`
      <div class="app" inert=${isComposing.value || isSettling.value}>
        <${MapScreen} store=${store} write=${write} class=${{ "is-hidden": tab.value !== "map" }} />
        ${tab.value === "territory" && html`<${TerritoryScreen} />`}
        ${tab.value === "broadcasts" && html`<${BroadcastList} newest=${sent.value} write=${write} />`}
        ${tab.value === "outcomes" && html`<${OutcomesScreen} />`}
        ${tab.value === "mine" && html`<${Mine} />`}
        <${TabBar} tabs=${TABS} chosen=${tab.value} choose=${open} />
      </div>
      ${isComposing.value && html`
        <${Compose} onBack=${close} onPick=${() => open("map")} onSent=${onSent} />
      `}
    `;
  },
};
