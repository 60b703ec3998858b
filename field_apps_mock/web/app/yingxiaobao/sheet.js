// The sheet under the map: drag its handle between three heights, or press it. On a wide screen it is a column.
import { html, ref } from "../vendor.js";
import { t } from "../words/index.js";

const HEIGHTS = [0.22, 0.42, 0.8]; // of the screen

function useDrag(level) {
  const dragged = ref(null); // height in pixels while a finger is down
  let start = null;
  const onPointerdown = (event) => {
    start = { y: event.clientY, height: HEIGHTS[level.value] * innerHeight, hasMoved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointermove = (event) => {
    if (!start) return;
    start.hasMoved ||= Math.abs(event.clientY - start.y) > 6;
    if (start.hasMoved) dragged.value = Math.min(Math.max(start.height + start.y - event.clientY, 90), innerHeight * 0.85);
  };
  const onPointerup = () => {
    if (dragged.value !== null) {
      const share = dragged.value / innerHeight;
      const nearest = HEIGHTS.map((height) => Math.abs(height - share));
      level.value = nearest.indexOf(Math.min(...nearest));
    }
    dragged.value = null;
  };
  const onClick = () => {
    if (!start?.hasMoved) level.value = (level.value + 1) % HEIGHTS.length;
    start = null;
  };
  return { dragged, handlers: { onPointerdown, onPointermove, onPointerup, onPointercancel: onPointerup, onClick } };
}

export const Sheet = {
  props: { mode: { type: String, required: true } },
  setup(props, { slots }) {
    const level = ref(1);
    const { dragged, handlers } = useDrag(level);
    const height = () => (dragged.value === null ? `${HEIGHTS[level.value] * 100}dvh` : `${dragged.value}px`);
    return () => html`
      <section class=${["sheet", { "is-dragged": dragged.value !== null }]} style=${{ "--sheet-height": height() }}>
        ${props.mode === "communities" && html`
          <button type="button" class="sheet-handle" aria-label=${t("sheet.toggle")} aria-expanded=${String(level.value > 0)}
            ...${handlers}><i></i></button>`}
        <div class="sheet-body">${slots.default()}</div>
      </section>
    `;
  },
};
