// What the map looks like. No base-map server, no glyphs, no sprites: nothing is fetched to draw it.
import { EMPTY } from "./shapes.js";

const ACCENT = "#0f766e";
const source = () => ({ type: "geojson", data: EMPTY });

const fill = (id, from, paint) => ({ id, type: "fill", source: from, paint });
const line = (id, from, paint, extra = {}) => ({
  id,
  type: "line",
  source: from,
  layout: { "line-join": "round", "line-cap": "round" },
  paint,
  ...extra,
});

export const style = {
  version: 8,
  sources: { districts: source(), communities: source(), cells: source(), ring: source() },
  layers: [
    { id: "ground", type: "background", paint: { "background-color": "#dfe8ea" } },
    fill("district-fill", "districts", { "fill-color": "#f8f6f1" }),
    line("district-line", "districts", { "line-color": "#c9c3b6", "line-width": 1, "line-dasharray": [3, 2] }),
    fill("community-fill", "communities", { "fill-color": ["get", "shade"], "fill-opacity": 0.88 }),
    line("community-line", "communities", { "line-color": "#ffffff", "line-width": 1.2 }),
    line("community-chosen", "communities", { "line-color": "#0b2b29", "line-width": 2.6 }, { filter: ["get", "chosen"] }),
    fill("cell-fill", "cells", { "fill-color": ["get", "shade"], "fill-opacity": ["case", ["get", "few"], 0.4, 0.88] }),
    line("cell-line", "cells", { "line-color": "#ffffff", "line-width": 1 }),
    line("cell-chosen", "cells", { "line-color": "#0b2b29", "line-width": 2.6 }, { filter: ["==", ["get", "cell"], ""] }),
    line("ring-line", "ring", { "line-color": ACCENT, "line-width": 2, "line-dasharray": [2, 2] }),
  ],
};
