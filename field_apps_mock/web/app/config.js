// The addresses this app speaks to; filled from /config.json before anything else runs.
export const config = { api_url: "", carrier_url: "" };
