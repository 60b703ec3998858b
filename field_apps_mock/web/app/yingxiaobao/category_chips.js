// The eight product categories in one row that scrolls; used over the map and in the message.
import { html, nextTick, onMounted, ref, watch } from "../vendor.js";
import { session } from "../session.js";
import { nameOf } from "../words/index.js";
import { draft } from "./draft.js";

export const categoryName = () => nameOf(session.catalog.categories.find(({ code }) => code === draft.category));

export const CategoryChips = {
  setup() {
    const row = ref(null);
    const showChosen = () => {
      const chosen = row.value?.querySelector("[aria-pressed=true]");
      if (chosen) row.value.scrollLeft = chosen.offsetLeft - (row.value.clientWidth - chosen.offsetWidth) / 2;
    };
    onMounted(showChosen);
    watch(() => draft.category, () => nextTick(showChosen));
    return () => html`
      <div ref=${row} class="chips">
        ${session.catalog.categories.map((category) => html`
          <button key=${category.code} type="button" class="chip" aria-pressed=${String(category.code === draft.category)}
            onClick=${() => { draft.category = category.code; }}>
            ${nameOf(category)}
          </button>
        `)}
      </div>
    `;
  },
};
