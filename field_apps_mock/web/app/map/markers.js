// Words on the map are HTML: district names, ranks of communities, the chosen position. No font is fetched.
import { Marker } from "../../vendor/maplibre-gl.mjs";
import { t } from "../words/index.js";
import { labelPosition } from "./shapes.js";

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Put the names of districts on the map; returns the markers. */
export function nameDistricts(map, districts) {
  return districts.features.map((district) => {
    const name = element("div", "map-district", district.properties.name);
    return new Marker({ element: name, opacityWhenCovered: "1" }).setLngLat(labelPosition(district.geometry)).addTo(map);
  });
}

/** Put one round rank on each community, the largest need first; pressing it calls `choose(community)`. */
export function rankCommunities(map, communities, { chosenCodes, choose }) {
  const order = [...communities].sort((one, other) => other.rank - one.rank);
  return order.map((community) => {
    const isChosen = chosenCodes.has(community.community_code);
    const badge = element("button", "map-rank", isChosen ? "✓" : String(community.rank));
    badge.type = "button";
    badge.tabIndex = -1; // the list holds the same, in order, for the keyboard
    badge.title = community.name;
    badge.setAttribute("aria-label", `${badge.textContent} ${community.name}`);
    badge.classList.toggle("is-chosen", isChosen);
    badge.classList.toggle("is-top", community.rank <= 3);
    badge.classList.toggle("is-low", community.rank > 10);
    badge.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(community);
    });
    return new Marker({ element: badge }).setLngLat([community.position.lon, community.position.lat]).addTo(map);
  });
}

/** Put the mark of the chosen position on the map. */
export function markPosition(map, position) {
  const mark = element("div", "map-you");
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", t("map.you"));
  return new Marker({ element: mark }).setLngLat([position.lon, position.lat]).addTo(map);
}
