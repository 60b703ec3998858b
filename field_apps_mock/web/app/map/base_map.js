// A map below ours, where an installation names one. Ours is drawn first and stays when the other cannot be had.
import { AttributionControl } from "../../vendor/maplibre-gl.mjs";

const UNDER = "district-line"; // our first layer that is not ground
const MARK = "base-";

function addTiles(map, { tiles, attribution }) {
  map.addSource(`${MARK}tiles`, { type: "raster", tiles: [tiles], tileSize: 256, attribution });
  map.addLayer({ id: `${MARK}tiles`, type: "raster", source: `${MARK}tiles` }, UNDER);
}

// Names get a mark, so that none meets one of ours.
async function addStyle(map, { style }) {
  const answer = await fetch(style);
  if (!answer.ok) throw new Error(String(answer.status));
  const { sources, layers, glyphs, sprite } = await answer.json();
  if (glyphs) map.setGlyphs(glyphs);
  if (sprite) map.setSprite(sprite);
  Object.entries(sources).forEach(([name, source]) => map.addSource(MARK + name, source));
  layers.forEach((layer) => map.addLayer({ ...layer, id: MARK + layer.id, ...(layer.source && { source: MARK + layer.source }) }, UNDER));
}

/** Put the base map below our layers; a tile that does not come leaves a gap and nothing else. */
export async function addBaseMap(map, baseMap) {
  map.on("error", () => undefined); // MapLibre would write each lost tile on the console
  try {
    if (baseMap.tiles) addTiles(map, baseMap);
    else await addStyle(map, baseMap);
  } catch {
    return;
  }
  map.setLayoutProperty("district-fill", "visibility", "none");
  map.setPaintProperty("community-fill", "fill-opacity", 0.68);
  map.addControl(new AttributionControl({ compact: true, customAttribution: baseMap.attribution || undefined }), "top-left");
}
