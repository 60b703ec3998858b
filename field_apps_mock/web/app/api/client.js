// @ts-check
// Every call to the HTTP API goes through `request`: bearer token, renewal, words of the problem.
// What a path takes and answers is typed by the API's own description: `npx tsc -p field_apps_mock`.
import { language } from "../words/index.js";
import { Problem, problemFrom } from "./problems.js";

/** @typedef {import("./calls").Sent} Sent */

let baseUrl = "";
/** @type {import("./calls").Access} Given by the session, which imports this file. */
let access;

/** @param {string} url */
export function configure(url) {
  baseUrl = url;
}

/** @param {import("./calls").Access} given */
export function useAccess(given) {
  access = given;
}

/** Fill {names} in a path and add the query. @param {string} path @param {Sent} sent */
function address(path, { params = {}, query }) {
  const url = new URL(baseUrl + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name])));
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url;
}

/** @param {string} method @param {string} path @param {Sent} sent */
async function send(method, path, sent) {
  const { body, signal, token } = sent;
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": language.value === "zh" ? "zh-CN" : "en", ...sent.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(address(path, sent), {
      method,
      signal,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    throw new Problem({ status: 0, slug: "offline" });
  }
}

/** @param {Response} response */
async function readBody(response) {
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  throw await problemFrom(response);
}

/** @param {string} method @param {string} path @param {Sent} sent */
async function callOpenly(method, path, sent = {}) {
  return readBody(await send(method, path, sent));
}

/**
 * A 401 renews the token once; when that fails the person is asked to sign in again while this call waits,
 * so that nothing typed is lost.
 * @param {string} method @param {string} path @param {Sent} sent
 */
async function sendSignedIn(method, path, sent) {
  const response = await send(method, path, { ...sent, token: access.token() });
  if (response.status !== 401) return response;
  if (!(await access.renew())) await access.askAgain();
  return send(method, path, { ...sent, token: access.token() });
}

/** @param {string} method @param {string} path @param {Sent} sent */
async function call(method, path, sent = {}) {
  return readBody(await sendSignedIn(method, path, sent));
}

/** @param {string} path @param {Sent} sent */
async function callForFile(path, sent = {}) {
  const response = await sendSignedIn("GET", path, sent);
  if (!response.ok) throw await problemFrom(response);
  return response.blob();
}

/** Call a route that needs no token. */
export const requestOpenly = /** @type {import("./calls").Request} */ (callOpenly);
/** Call a route as the person signed in. */
export const request = /** @type {import("./calls").Request} */ (call);
/** Fetch a file as the person signed in, since a link cannot carry the token. */
export const requestFile = /** @type {import("./calls").RequestFile} */ (callForFile);
