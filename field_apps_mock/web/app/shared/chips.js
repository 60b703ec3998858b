// Choices in one row that scrolls; the one chosen is kept in sight.
import { html, nextTick, onMounted, ref, watch } from "../vendor.js";

export const Chips = {
  props: { options: { type: Array, required: true }, chosen: { type: String, default: null }, label: { type: String, default: undefined } },
  emits: ["choose"],
  setup(props, { emit }) {
    const row = ref(null);
    const showChosen = () => {
      const chosen = row.value?.querySelector("[aria-pressed=true]");
      if (chosen) row.value.scrollLeft = chosen.offsetLeft - (row.value.clientWidth - chosen.offsetWidth) / 2;
    };
    onMounted(showChosen);
    watch(() => props.chosen, () => nextTick(showChosen));
    return () => html`
      <div ref=${row} class="chips" role="group" aria-label=${props.label}>
        ${props.options.map(({ code, words }) => html`
          <button key=${code} type="button" class="chip" aria-pressed=${String(code === props.chosen)}
            onClick=${() => emit("choose", code)}>${words}</button>
        `)}
      </div>
    `;
  },
};
