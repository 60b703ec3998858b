// The planner's routes, one function each.
import { request, requestFile } from "./client.js";

const BASE = "/v1/jiaohubao";
const talk = (handle) => `${BASE}/conversations/${encodeURIComponent(handle)}`;

export const findMonths = () => request("GET", `${BASE}/months`);

/** Ask a radar: "pain-points", "interests" or "life-circle". */
export const scanRadar = ({ radar, ...query }, signal) => request("GET", `${BASE}/${radar}`, { query, signal });
export const exportRadar = ({ radar, ...query }) => requestFile(`${BASE}/${radar}.csv`, { query });

export const findCards = (query, signal) => request("GET", `${BASE}/active-users`, { query, signal });

export const previewInvitation = (body, signal) => request("POST", `${BASE}/invitations/preview`, { body, signal });
export const requestInvitation = (body, key) =>
  request("POST", `${BASE}/invitations`, { body, headers: { "Idempotency-Key": key } });
export const findInvitations = (cursor) => request("GET", `${BASE}/invitations`, { query: { limit: 20, cursor } });

export const findConversations = (cursor) => request("GET", `${BASE}/conversations`, { query: { limit: 20, cursor } });
export const findLines = (handle, cursor) => request("GET", `${talk(handle)}/messages`, { query: { limit: 20, cursor } });
export const writeLine = (handle, body, key) =>
  request("POST", `${talk(handle)}/messages`, { body, headers: { "Idempotency-Key": key } });
export const markRead = (handle) => request("POST", `${talk(handle)}/read`);
