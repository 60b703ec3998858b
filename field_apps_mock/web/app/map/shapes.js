// Turns answers of the API into what the map draws.
import { nearestAreas } from "./nearest_areas.js";
import { limitsOf, shadeOf } from "./shades.js";

const EARTH_RADIUS_M = 6371008.8;
const collection = (features) => ({ type: "FeatureCollection", features });
const known = (need) => (need.few ? null : need.value);

export const EMPTY = collection([]);

/** Return a community's own need, null where it is suppressed or only that of the surrounding area is known. */
export const communityNeed = (community, category) =>
  community.level === "parent" ? null : known(community.needs[category]);

/** Return the limits between shades for what is shown. */
export const communityLimits = (answer) =>
  limitsOf(answer.communities.map((community) => communityNeed(community, answer.category)));
export const cellLimits = (answer) => limitsOf(answer.features.map((feature) => feature.properties.need));

/** Return the communities as areas (their outline, else what lies nearest to them) coloured by need. */
export function communityAreas(answer, chosenCodes) {
  const limits = communityLimits(answer);
  const nearest = nearestAreas(answer.communities.map(({ position }) => position));
  return collection(
    answer.communities.map((community, index) => ({
      type: "Feature",
      geometry: community.outline ?? nearest[index],
      properties: {
        code: community.community_code,
        shade: shadeOf(communityNeed(community, answer.category), limits),
        chosen: chosenCodes.has(community.community_code),
      },
    })),
  );
}

/** Return the hexagons coloured by need. */
export function cellAreas(answer) {
  const limits = cellLimits(answer);
  return collection(
    answer.features.map((feature) => ({
      type: "Feature",
      geometry: feature.geometry,
      properties: {
        cell: feature.properties.cell,
        few: feature.properties.need === null,
        shade: shadeOf(feature.properties.need, limits),
      },
    })),
  );
}

/** Return the circle around a position, as a ring of 96 corners on the sphere. */
export function circle({ lon, lat }, radiusM) {
  const angle = radiusM / EARTH_RADIUS_M;
  const from = (lat * Math.PI) / 180;
  const ring = Array.from({ length: 97 }, (_unused, index) => {
    const bearing = (index / 96) * 2 * Math.PI;
    const to = Math.asin(Math.sin(from) * Math.cos(angle) + Math.cos(from) * Math.sin(angle) * Math.cos(bearing));
    const turn = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(from),
      Math.cos(angle) - Math.sin(from) * Math.sin(to),
    );
    return [lon + (turn * 180) / Math.PI, (to * 180) / Math.PI];
  });
  return collection([{ type: "Feature", geometry: { type: "LineString", coordinates: ring }, properties: {} }]);
}

/** Return [[west, south], [east, north]] around positions. */
export function boundsOf(positions) {
  const lons = positions.map((position) => position[0]);
  const lats = positions.map((position) => position[1]);
  return [
    [Math.min(...lons), Math.min(...lats)],
    [Math.max(...lons), Math.max(...lats)],
  ];
}

/** Return the corners of areas. */
export const cornersOf = (areas) =>
  areas.features.flatMap(({ geometry: { type, coordinates } }) => coordinates.flat(type === "Polygon" ? 1 : 2));

/** Return where a district's name stands: the middle of its largest ring. */
export function labelPosition(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const rings = polygons.map((polygon) => polygon[0]);
  const largest = rings.reduce((one, other) => (Math.abs(area(other)) > Math.abs(area(one)) ? other : one));
  const doubled = area(largest) * 3;
  const sum = [0, 0];
  for (let index = 0; index < largest.length - 1; index += 1) {
    const [x, y] = largest[index];
    const [nextX, nextY] = largest[index + 1];
    const cross = x * nextY - nextX * y;
    sum[0] += (x + nextX) * cross;
    sum[1] += (y + nextY) * cross;
  }
  return [sum[0] / doubled, sum[1] / doubled];
}

function area(ring) {
  let doubled = 0;
  for (let index = 0; index < ring.length - 1; index += 1) {
    doubled += ring[index][0] * ring[index + 1][1] - ring[index + 1][0] * ring[index][1];
  }
  return doubled;
}
