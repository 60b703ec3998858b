// An area for communities whose outline nobody knows: what lies nearer to them than to any other listed community,
// within a disc. It only colours the map; figures and recipients follow the server's own areas.
const METRES_PER_DEGREE = 111320;
const CORNERS = 40;
const LEAST_M = 250;
const MOST_M = 2000;

const distance = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);

function disc([x, y], radius) {
  return Array.from({ length: CORNERS }, (_unused, index) => {
    const angle = (index / CORNERS) * 2 * Math.PI;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

// Cut a convex ring down to the side that is nearer to `own` than to `other`.
function nearerSide(ring, own, other) {
  const normal = [other[0] - own[0], other[1] - own[1]];
  const limit = (other[0] ** 2 + other[1] ** 2 - own[0] ** 2 - own[1] ** 2) / 2;
  const excess = ([x, y]) => x * normal[0] + y * normal[1] - limit;
  return ring.flatMap((corner, index) => {
    const next = ring[(index + 1) % ring.length];
    const [here, there] = [excess(corner), excess(next)];
    const kept = here <= 0 ? [corner] : [];
    if (here < 0 === there < 0) return kept;
    const part = here / (here - there);
    return [...kept, [corner[0] + part * (next[0] - corner[0]), corner[1] + part * (next[1] - corner[1])]];
  });
}

function reachOf(points) {
  const gaps = points
    .map((own) => Math.min(...points.filter((other) => other !== own).map((other) => distance(own, other))))
    .sort((one, other) => one - other);
  const middle = gaps[Math.floor(gaps.length / 2)] ?? 0;
  return Math.min(Math.max(1.8 * middle, LEAST_M), MOST_M);
}

/** Return one GeoJSON polygon for each position ({lon, lat}), in the same order. */
export function nearestAreas(positions) {
  if (positions.length === 0) return [];
  const east = METRES_PER_DEGREE * Math.cos((positions[0].lat * Math.PI) / 180);
  const points = positions.map(({ lon, lat }) => [lon * east, lat * METRES_PER_DEGREE]);
  const reach = positions.length > 1 ? reachOf(points) : MOST_M;
  return points.map((own) => {
    const others = points.filter((other) => distance(own, other) > 0);
    const ring = others.reduce((left, other) => nearerSide(left, own, other), disc(own, reach));
    const corners = [...ring, ring[0]].map(([x, y]) => [x / east, y / METRES_PER_DEGREE]);
    return { type: "Polygon", coordinates: [corners] };
  });
}
