// Sending once: one request at a time, one key as long as the request is the same.
import { reactive } from "../vendor.js";
import { wordsOf } from "../api/problems.js";
import { t } from "../words/index.js";

const STILL_RUNNING = "request-in-progress";
const pause = (seconds) => new Promise((resolve) => {
  setTimeout(resolve, seconds * 1000);
});

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Return the idempotency key of a request: the same as long as the request is the same, so a repeat is no second send.
 * `kept.attempt` is where the last one is remembered.
 */
function keyFor(body, kept) {
  const fingerprint = JSON.stringify(body);
  if (kept.attempt?.fingerprint !== fingerprint) kept.attempt = { fingerprint, key: newKey() };
  return kept.attempt.key;
}

// While the first request with this key still runs the API says when to ask again.
async function sendPatiently(request, body, key) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request(body, key);
    } catch (problem) {
      const isWaiting = problem.slug === STILL_RUNNING && attempt < 5;
      if (!isWaiting) throw problem;
      await pause(Math.min(problem.retryAfterS ?? 1, 5));
    }
  }
}

/**
 * Return {sending, send}; `send(body)` gives the answer of `request(body, key)`, or null when it was refused or
 * is already under way. `kept` remembers the last attempt.
 */
export function useSending(request, kept) {
  const sending = reactive({ isBusy: false, problem: null });
  const send = async (body) => {
    if (sending.isBusy) return null;
    Object.assign(sending, { isBusy: true, problem: null });
    try {
      return await sendPatiently(request, body, keyFor(body, kept));
    } catch (problem) {
      sending.problem = problem;
      return null;
    } finally {
      sending.isBusy = false;
    }
  };
  return { sending, send };
}

/** Say what went wrong with a send; where no answer came, that pressing again is safe. */
export function troubleOf(sending) {
  if (!sending.problem) return "";
  const isUncertain = sending.problem.status === 0 || sending.problem.status >= 500;
  return isUncertain ? t("compose.again") : wordsOf(sending.problem);
}
