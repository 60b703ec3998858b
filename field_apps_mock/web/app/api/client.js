// Every call to the HTTP API goes through `request`: bearer token, renewal, words of the problem.
import { language } from "../words/index.js";
import { Problem, problemFrom } from "./problems.js";

let baseUrl = "";
let access = null; // { token(), renew(), askAgain() }: given by the session, which imports this file

export function configure(url) {
  baseUrl = url;
}

export function useAccess(given) {
  access = given;
}

function address(path, query) {
  const url = new URL(baseUrl + path);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url;
}

async function send(method, path, { query, body, headers, signal, token }) {
  const sent = { Accept: "application/json", "Accept-Language": language.value === "zh" ? "zh-CN" : "en", ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  try {
    return await fetch(address(path, query), {
      method,
      signal,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, slug: "offline" });
  }
}

async function readBody(response) {
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  throw await problemFrom(response);
}

/** Call a route that needs no token. */
export async function requestOpenly(method, path, options = {}) {
  return readBody(await send(method, path, options));
}

// A 401 renews the token once; when that fails the person is asked to sign in again while this call waits,
// so that nothing typed is lost.
async function sendSignedIn(method, path, options) {
  const response = await send(method, path, { ...options, token: access.token() });
  if (response.status !== 401) return response;
  if (!(await access.renew())) await access.askAgain();
  return send(method, path, { ...options, token: access.token() });
}

/** Call a route as the person signed in. */
export async function request(method, path, options = {}) {
  return readBody(await sendSignedIn(method, path, options));
}

/** Fetch a file as the person signed in, since a link cannot carry the token. */
export async function requestFile(path, options = {}) {
  const response = await sendSignedIn("GET", path, options);
  if (!response.ok) throw await problemFrom(response);
  return response.blob();
}
