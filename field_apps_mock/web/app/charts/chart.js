// A chart on the page. ECharts comes with the first one that is shown; what it draws is also said in words below it.
import { html, onBeforeUnmount, onMounted, ref, watch } from "../vendor.js";
import { t } from "../words/index.js";
import { readColours } from "./colours.js";

/** Props: `draw(colours)` gives ECharts' option, label says what is shown, height in pixels. */
export const Chart = {
  props: {
    draw: { type: Function, required: true },
    label: { type: String, required: true },
    height: { type: Number, required: true },
  },
  setup(props) {
    const canvas = ref(null);
    const state = ref("loading");
    let chart = null;
    const show = () => chart?.setOption(props.draw(readColours()), { notMerge: true });
    const night = matchMedia("(prefers-color-scheme: dark)");
    const resize = new ResizeObserver(() => chart?.resize());
    onMounted(async () => {
      try {
        const echarts = await import("../../vendor/echarts.mjs");
        if (!canvas.value) return; // the page was left meanwhile
        chart = echarts.init(canvas.value, null, { renderer: "canvas" });
        show();
        resize.observe(canvas.value);
        state.value = "ready";
      } catch {
        state.value = "failed";
      }
    });
    night.addEventListener("change", show);
    watch(() => [props.draw, props.height], show, { flush: "post" });
    onBeforeUnmount(() => {
      night.removeEventListener("change", show);
      resize.disconnect();
      chart?.dispose();
    });
    return () => html`
      <figure class="chart" data-state=${state.value}>
        <div ref=${canvas} class="chart-canvas" role="img" aria-label=${props.label} style=${{ height: `${props.height}px` }}></div>
        ${state.value === "failed" && html`<figcaption class="note">${t("chart.failed")}</figcaption>`}
      </figure>
    `;
  },
};
