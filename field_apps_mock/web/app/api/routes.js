// The routes of the API that this app uses, one function each. Map layers ask for the datum that the map is in.
import { mapDatum } from "../config.js";
import { request } from "./client.js";

const path = (id) => `/v1/yingxiaobao/broadcasts/${encodeURIComponent(id)}`;

export const getMe = () => request("GET", "/v1/me");
export const getCatalog = () => request("GET", "/v1/catalog");
export const findDistricts = (cityCode) => request("GET", "/v1/districts", { query: { city_code: cityCode, datum: mapDatum() } });

export const findCommunities = ({ lon, lat, category, signal }) =>
  request("GET", "/v1/yingxiaobao/communities", { query: { lon, lat, datum: mapDatum(), category, limit: 30 }, signal });

export const getHeatmap = ({ lon, lat, category, radiusM, signal }) =>
  request("GET", "/v1/yingxiaobao/heatmap", { query: { lon, lat, datum: mapDatum(), category, radius_m: radiusM }, signal });

export const previewBroadcast = (body, signal) =>
  request("POST", "/v1/yingxiaobao/broadcasts/preview", { body, signal });

export const requestBroadcast = (body, key) =>
  request("POST", "/v1/yingxiaobao/broadcasts", { body, headers: { "Idempotency-Key": key } });

export const findBroadcasts = (cursor) =>
  request("GET", "/v1/yingxiaobao/broadcasts", { query: { limit: 20, cursor } });

export const getBroadcast = (id) => request("GET", path(id));
export const changeBroadcast = (id, action) => request("POST", `${path(id)}/${action}`);

export const getTerritory = (signal) => request("GET", "/v1/yingxiaobao/territory", { signal });

export const getOutcomes = (month, signal) => request("GET", "/v1/yingxiaobao/outcomes", { query: { month }, signal });

export const findReviews = (cursor) => request("GET", "/v1/reviews", { query: { limit: 20, cursor } });
export const decideReview = (id, decision, reason) =>
  request("POST", `/v1/reviews/${encodeURIComponent(id)}`, { body: { decision, reason } });

export const getOperations = () => request("GET", "/v1/operations");
export const getPump = () => request("GET", "/v1/operations/pump");
