// What the map screen shows: position, mode, category, the answers of the API, and the communities chosen.
import { reactive, shallowRef, watch } from "../vendor.js";
import { findCommunities, findDistricts, getHeatmap } from "../api/routes.js";
import { mapDatum } from "../config.js";
import { wgs84FromGcj02 } from "../map/datum.js";
import { session } from "../session.js";
import { draft } from "./draft.js";

const STORED = "fieldreach.view";

function stored() {
  return JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
}

function actions(store) {
  return {
    isMine: (community) => session.me.territory.some(({ adcode }) => adcode === community.district.adcode),
    isChosen: (code) => store.chosen.some(({ community_code }) => community_code === code),
    /** Choose a community for the message, or take it out again; those of other territories cannot be chosen. */
    toggle(community) {
      const at = store.chosen.findIndex(({ community_code }) => community_code === community.community_code);
      if (at >= 0) store.chosen.splice(at, 1);
      else if (store.isMine(community)) {
        const { community_code, name, district } = community;
        store.chosen.push({ community_code, name, district });
      }
    },
    /** Choose every listed community of one's own territory, or none when all are chosen already. */
    toggleAll() {
      const mine = store.communities.communities.filter(store.isMine);
      const open = mine.filter(({ community_code }) => !store.isChosen(community_code));
      (open.length > 0 ? open : mine).forEach(store.toggle);
    },
    moveTo(position) {
      Object.assign(store, { position: rounded(position), isPicking: false, cell: null });
    },
    showCell(cell) {
      store.cell = store.cell === cell ? null : cell;
    },
  };
}

// Ask again whenever the question changes; an answer that comes too late is dropped.
function keepAnswers(store) {
  let running = null;
  store.load = async () => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    const question = { ...store.position, category: draft.category, radiusM: store.radiusM, signal };
    Object.assign(store, { isLoading: true, problem: null });
    try {
      if (store.mode === "communities") store.communities = await findCommunities(question);
      else store.heatmap = await getHeatmap(question);
    } catch (problem) {
      if (signal.aborted) return;
      store.problem = problem;
    }
    if (!signal.aborted) store.isLoading = false;
  };
  watch(() => [store.position, store.mode, draft.category, store.radiusM], store.load, { immediate: true });
}

// Without a territory on the map yet the app starts in Qingdao.
function startPosition() {
  const center = session.catalog.map?.center;
  if (!center) return { lon: 120.38, lat: 36.07 };
  return rounded(mapDatum() === "gcj02" ? center : wgs84FromGcj02(center));
}

// The API takes up to 17 decimals; six are a tenth of a metre.
const rounded = ({ lon, lat }) => ({ lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)) });

async function loadDistricts(store) {
  const cities = [...new Set(session.me.territory.map(({ city_code }) => city_code))];
  try {
    const answers = await Promise.all(cities.map(findDistricts));
    store.districts = { type: "FeatureCollection", features: answers.flatMap((answer) => answer.features) };
  } catch (problem) {
    store.problem = problem;
  }
}

/** Make the store of the map screen for the person signed in. */
export function makeStore() {
  const kept = stored();
  const answers = { communities: shallowRef(null), heatmap: shallowRef(null), districts: shallowRef(null) };
  const store = reactive({
    position: kept.position ?? startPosition(),
    mode: kept.mode ?? "communities",
    radiusM: kept.radiusM ?? 5000,
    cell: null,
    isPicking: false,
    isLoading: true,
    problem: null,
    chosen: draft.communities,
    ...answers,
  });
  Object.assign(store, actions(store));
  keepAnswers(store);
  loadDistricts(store);
  watch(
    () => [store.position, store.mode, store.radiusM],
    ([position, mode, radiusM]) => sessionStorage.setItem(STORED, JSON.stringify({ position, mode, radiusM })),
  );
  return store;
}
