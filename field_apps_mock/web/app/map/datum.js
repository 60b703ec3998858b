// GCJ-02 and WGS84. The catalog names the centre of a territory in GCJ-02, browsers report WGS84, and the map draws either.
// The published forward formula shifts WGS84 to GCJ-02; the inverse repeats it until the shift agrees.
const SEMI_MAJOR_M = 6378245;
const ECCENTRICITY_SQUARED = 0.00669342162296594323;
const wave = (x, far, near) => (far * Math.sin(x * Math.PI) + near * Math.sin((x / 3) * Math.PI)) * (2 / 3);

function shift({ lon, lat }) {
  const x = lon - 105;
  const y = lat - 35;
  const ripple = ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + ripple + wave(y, 20, 40) +
    ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + ripple + wave(x, 20, 40) +
    ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
  const radians = (lat / 180) * Math.PI;
  const curve = 1 - ECCENTRICITY_SQUARED * Math.sin(radians) ** 2;
  const metresNorth = (SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED)) / curve ** 1.5;
  const metresEast = (SEMI_MAJOR_M / Math.sqrt(curve)) * Math.cos(radians);
  return { lon: (east / metresEast) * (180 / Math.PI), lat: (north / metresNorth) * (180 / Math.PI) };
}

/** Return the WGS84 position of a GCJ-02 position inside China. */
export function wgs84FromGcj02(given) {
  let found = { ...given };
  for (let round = 0; round < 5; round += 1) {
    const moved = shift(found);
    found = { lon: given.lon - moved.lon, lat: given.lat - moved.lat };
  }
  return found;
}

const isInChina = ({ lon, lat }) => lon > 72.004 && lon < 137.8347 && lat > 0.8293 && lat < 55.8271;

/** Return the GCJ-02 position of a WGS84 position; outside China they are the same. */
export function gcj02FromWgs84(given) {
  if (!isInChina(given)) return given;
  const moved = shift(given);
  return { lon: given.lon + moved.lon, lat: given.lat + moved.lat };
}
