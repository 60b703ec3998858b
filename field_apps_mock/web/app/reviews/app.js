// The reviewer's app: the texts that wait, and oneself.
import { html, ref } from "../vendor.js";
import { Mine } from "../shared/mine.js";
import { TabBar } from "../shared/tab_bar.js";
import { ReviewList } from "./review_list.js";

const TABS = [
  { name: "reviews", icon: "passed", iconChosen: "passed" },
  { name: "mine", icon: "user-o", iconChosen: "user" },
];

export const Reviews = {
  setup() {
    const tab = ref("reviews");
    return () => html`
      <div class="app">
        ${tab.value === "reviews" ? html`<${ReviewList} />` : html`<${Mine} />`}
        <${TabBar} tabs=${TABS} chosen=${tab.value} choose=${(name) => { tab.value = name; }} />
      </div>
    `;
  },
};
