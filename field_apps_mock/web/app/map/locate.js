// Where the person is, from the browser, in the datum of the map. Browsers report WGS84.
import { mapDatum } from "../config.js";
import { gcj02FromWgs84 } from "./datum.js";

function inMapDatum({ longitude, latitude }) {
  const position = { lon: longitude, lat: latitude };
  return mapDatum() === "gcj02" ? gcj02FromWgs84(position) : position;
}

export function locate() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(new Error("no geolocation"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve(inMapDatum(coords)),
      reject,
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 60000 },
    );
  });
}
