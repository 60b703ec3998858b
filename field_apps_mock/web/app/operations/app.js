// The operator's app: is everything at work, and oneself. Nothing can be turned from here.
import { html, ref } from "../vendor.js";
import { Mine } from "../shared/mine.js";
import { TabBar } from "../shared/tab_bar.js";
import { Dashboard } from "./dashboard.js";

const TABS = [
  { name: "operations", icon: "desktop-o", iconChosen: "desktop-o" },
  { name: "mine", icon: "user-o", iconChosen: "user" },
];

export const Operations = {
  setup() {
    const tab = ref("operations");
    return () => html`
      <div class="app">
        ${tab.value === "operations" ? html`<${Dashboard} />` : html`<${Mine} />`}
        <${TabBar} tabs=${TABS} chosen=${tab.value} choose=${(name) => { tab.value = name; }} />
      </div>
    `;
  },
};
