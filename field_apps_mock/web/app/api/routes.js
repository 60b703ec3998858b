// @ts-check
// The routes of the API that this app uses, one function each. Map layers ask for the datum that the map is in.
import { mapDatum } from "../config.js";
import { request } from "./client.js";

/** @template {import("./calls").Method} M @template {import("./calls").PathOf<M>} P @typedef {import("./calls").QueryOf<M, P>} Query */
/** @template {import("./calls").Method} M @template {import("./calls").PathOf<M>} P @typedef {import("./calls").BodyOf<M, P>} Body */
/** @typedef {"pause" | "resume" | "cancel"} Change */
/** @typedef {{lon: number, lat: number, category: Query<"GET", "/v1/yingxiaobao/heatmap">["category"], radiusM: number, signal?: AbortSignal}} Around */

const BROADCASTS = "/v1/yingxiaobao/broadcasts";

export const getMe = () => request("GET", "/v1/me");
export const getCatalog = () => request("GET", "/v1/catalog");
/** @param {number} cityCode */
export const findDistricts = (cityCode) => request("GET", "/v1/districts", { query: { city_code: cityCode, datum: mapDatum() } });

/** @param {Around} around */
export const findCommunities = ({ lon, lat, category, signal }) =>
  request("GET", "/v1/yingxiaobao/communities", { query: { lon, lat, datum: mapDatum(), category, limit: 30 }, signal });

/** @param {Around} around */
export const getHeatmap = ({ lon, lat, category, radiusM, signal }) =>
  request("GET", "/v1/yingxiaobao/heatmap", { query: { lon, lat, datum: mapDatum(), category, radius_m: radiusM }, signal });

/** @param {Body<"POST", "/v1/yingxiaobao/broadcasts/preview">} body @param {AbortSignal} signal */
export const previewBroadcast = (body, signal) => request("POST", `${BROADCASTS}/preview`, { body, signal });

/** @param {Body<"POST", "/v1/yingxiaobao/broadcasts">} body @param {string} key */
export const requestBroadcast = (body, key) => request("POST", BROADCASTS, { body, headers: { "Idempotency-Key": key } });

/** @param {string} [cursor] */
export const findBroadcasts = (cursor) => request("GET", BROADCASTS, { query: { limit: 20, cursor } });

/** @param {string} id @param {Change} change */
export const changeBroadcast = (id, change) =>
  request("POST", `${BROADCASTS}/{broadcast_id}/${change}`, { params: { broadcast_id: id } });

/** @param {AbortSignal} [signal] */
export const getTerritory = (signal) => request("GET", "/v1/yingxiaobao/territory", { signal });

/** @param {string} [month] @param {AbortSignal} [signal] */
export const getOutcomes = (month, signal) => request("GET", "/v1/yingxiaobao/outcomes", { query: { month }, signal });

/** @param {string} [cursor] */
export const findReviews = (cursor) => request("GET", "/v1/reviews", { query: { limit: 20, cursor } });
/** @param {string} id @param {Body<"POST", "/v1/reviews/{review_id}">["decision"]} decision @param {Body<"POST", "/v1/reviews/{review_id}">["reason"]} reason */
export const decideReview = (id, decision, reason) =>
  request("POST", "/v1/reviews/{review_id}", { params: { review_id: id }, body: { decision, reason } });

export const getOperations = () => request("GET", "/v1/operations");
export const getPump = () => request("GET", "/v1/operations/pump");
