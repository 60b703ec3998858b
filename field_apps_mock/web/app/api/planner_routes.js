// @ts-check
// The planner's routes, one function each.
import { request, requestFile } from "./client.js";

/** @typedef {"pain-points" | "interests" | "life-circle"} Radar */
/** @typedef {import("./calls").QueryOf<"GET", "/v1/jiaohubao/pain-points"> & {radar: Radar}} Scan */

const BASE = "/v1/jiaohubao";
const TALK = `${BASE}/conversations/{handle}`;

export const findMonths = () => request("GET", `${BASE}/months`);

/** @param {Scan} scan @param {AbortSignal} signal */
export const scanRadar = ({ radar, ...query }, signal) => request("GET", `${BASE}/${radar}`, { query, signal });
/** @param {Scan} scan */
export const exportRadar = ({ radar, ...query }) => requestFile(`${BASE}/${radar}.csv`, { query });

/** @param {import("./calls").QueryOf<"GET", "/v1/jiaohubao/active-users">} query @param {AbortSignal} signal */
export const findCards = (query, signal) => request("GET", `${BASE}/active-users`, { query, signal });

/** @typedef {import("./calls").BodyOf<"POST", "/v1/jiaohubao/invitations">} Invitation */
/** @param {Invitation} body @param {AbortSignal} signal */
export const previewInvitation = (body, signal) => request("POST", `${BASE}/invitations/preview`, { body, signal });
/** @param {Invitation} body @param {string} key */
export const requestInvitation = (body, key) =>
  request("POST", `${BASE}/invitations`, { body, headers: { "Idempotency-Key": key } });
/** @param {string} [cursor] */
export const findInvitations = (cursor) => request("GET", `${BASE}/invitations`, { query: { limit: 20, cursor } });

/** @param {string} [cursor] */
export const findConversations = (cursor) => request("GET", `${BASE}/conversations`, { query: { limit: 20, cursor } });
/** @param {string} handle @param {string} [cursor] */
export const findLines = (handle, cursor) =>
  request("GET", `${TALK}/messages`, { params: { handle }, query: { limit: 20, cursor } });
/** @param {string} handle @param {import("./calls").BodyOf<"POST", "/v1/jiaohubao/conversations/{handle}/messages">} body @param {string} key */
export const writeLine = (handle, body, key) =>
  request("POST", `${TALK}/messages`, { params: { handle }, body, headers: { "Idempotency-Key": key } });
/** @param {string} handle */
export const markRead = (handle) => request("POST", `${TALK}/read`, { params: { handle } });
