// The map as a component: it draws what the store holds and tells what was tapped.
import { LngLatBounds, Map as MapLibre, prewarm, setWorkerUrl } from "../../vendor/maplibre-gl.mjs";
import { html, onBeforeUnmount, onMounted, ref, watch } from "../vendor.js";
import { config } from "../config.js";
import { t } from "../words/index.js";
import { addBaseMap } from "./base_map.js";
import { markPosition, nameDistricts, rankCommunities } from "./markers.js";
import { EMPTY, boundsOf, cellAreas, circle, communityAreas, cornersOf } from "./shapes.js";
import { keepMoving } from "./sharpness.js";
import { style } from "./style.js";

setWorkerUrl(new URL("../../vendor/maplibre-gl-worker.mjs", import.meta.url).href);
prewarm(); // its worker starts while the figures are on their way

const GLIDE_MS = 500;

const remove = (markers) => markers.splice(0).forEach((marker) => marker.remove());
const isWide = () => matchMedia("(min-width: 900px)").matches;

function makeMap(container, position) {
  const map = new MapLibre({
    container,
    style,
    center: [position.lon, position.lat],
    zoom: 12.5,
    minZoom: 7,
    maxZoom: 17,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  return map;
}

// What the sheet and the top bar cover is not part of the view.
const bottomCovered = () => Math.round((document.querySelector(".sheet")?.clientHeight ?? 0) + 66);
const padding = () =>
  isWide()
    ? { top: 90, bottom: 60, left: 440, right: 60 }
    : { top: 150, bottom: bottomCovered(), left: 12, right: 64 }; // the tools stand at the right

function fit(map, store, duration) {
  const { mode, communities, position, radiusM } = store;
  const around = circle(position, radiusM).features[0].geometry.coordinates;
  const shown = mode === "communities" && communities ? cornersOf(communityAreas(communities, new Set())) : around;
  if (shown.length === 0) return;
  map.fitBounds(new LngLatBounds(...boundsOf(shown)), { padding: padding(), duration, maxZoom: 15 });
}

function drawCommunities(map, store, markers) {
  remove(markers);
  const isShown = store.mode === "communities" && store.communities;
  const chosenCodes = new Set(store.chosen.map((community) => community.community_code));
  map.getSource("communities").setData(isShown ? communityAreas(store.communities, chosenCodes) : EMPTY);
  if (isShown) markers.push(...rankCommunities(map, store.communities.communities, { chosenCodes, choose: store.toggle }));
}

function drawCells(map, store) {
  const isShown = store.mode === "users" && store.heatmap;
  map.getSource("cells").setData(isShown ? cellAreas(store.heatmap) : EMPTY);
  map.getSource("ring").setData(store.mode === "users" ? circle(store.position, store.radiusM) : EMPTY);
  map.setFilter("cell-chosen", ["==", ["get", "cell"], store.cell ?? ""]);
}

function listen(map, store) {
  const canvas = map.getCanvas();
  canvas.addEventListener("keydown", ({ key }) => {
    const { lng: lon, lat } = map.getCenter();
    if (key === "Enter" && store.isPicking) store.moveTo({ lon, lat });
  });
  watch(() => store.isPicking, (isPicking) => isPicking && canvas.focus());
  map.on("click", (event) => {
    if (store.isPicking) return store.moveTo({ lon: event.lngLat.lng, lat: event.lngLat.lat });
    const layers = ["community-fill", "cell-fill"];
    const [hit] = map.queryRenderedFeatures(event.point, { layers });
    if (!hit) return undefined;
    if (hit.layer.id === "cell-fill") return store.showCell(hit.properties.cell);
    return store.toggle(store.communities.communities.find(({ community_code }) => community_code === hit.properties.code));
  });
}

function follow(map, store) {
  const ranks = [];
  const names = [];
  const marks = [];
  const redraw = () => {
    drawCommunities(map, store, ranks);
    drawCells(map, store);
  };
  const place = () => {
    remove(marks);
    marks.push(markPosition(map, store.position));
  };
  const nameAll = () => {
    remove(names);
    map.getSource("districts").setData(store.districts ?? EMPTY);
    if (store.districts) names.push(...nameDistricts(map, store.districts));
  };
  watch(() => [store.communities, store.heatmap, store.mode, store.cell, store.chosen.length], redraw, { immediate: true });
  watch(() => store.districts, nameAll, { immediate: true });
  watch(() => store.position, place, { immediate: true });
  let duration = 0; // what is seen first is there at once; later the map glides
  const fitShown = () => {
    fit(map, store, duration);
    if (store.communities || store.heatmap) duration = GLIDE_MS;
  };
  watch(() => [store.communities, store.heatmap, store.mode], fitShown, { immediate: true });
}

export const MapView = {
  props: { store: { type: Object, required: true } },
  setup({ store }) {
    const container = ref(null);
    const isReady = ref(false);
    let map = null;
    onMounted(() => {
      map = makeMap(container.value, store.position);
      map.once("style.load", () => {
        follow(map, store);
        listen(map, store);
        if (config.base_map) addBaseMap(map, config.base_map);
      });
      map.once("idle", () => {
        isReady.value = true;
      });
      keepMoving(map);
    });
    onBeforeUnmount(() => map.remove());
    const label = () => t("map.label", { mode: t(`mode.${store.mode}`) });
    return () => html`
      <div class=${["map", { "is-picking": store.isPicking }]} data-ready=${isReady.value ? "yes" : "no"}>
        <div ref=${container} class="map-canvas" role="region" aria-label=${label()}></div>
      </div>
    `;
  },
};
