// The addresses this app speaks to; filled from /config.json before anything else runs.
export const config = { api_url: "", carrier_url: "", base_map: null };

/** Return the datum of what the map draws: that of the base map where there is one, else WGS84. */
export const mapDatum = () => config.base_map?.datum ?? "wgs84";
