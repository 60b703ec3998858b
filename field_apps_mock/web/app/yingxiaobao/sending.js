// Sending once: one request at a time, one key as long as the request is the same.
import { reactive } from "../vendor.js";
import { requestBroadcast } from "../api/routes.js";
import { audienceOf, draft, keyFor, startOver } from "./draft.js";

const STILL_RUNNING = "request-in-progress";
const pause = (seconds) => new Promise((resolve) => {
  setTimeout(resolve, seconds * 1000);
});

// While the first request with this key still runs the API says when to ask again.
async function sendPatiently(body, key) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requestBroadcast(body, key);
    } catch (problem) {
      const isWaiting = problem.slug === STILL_RUNNING && attempt < 5;
      if (!isWaiting) throw problem;
      await pause(Math.min(problem.retryAfterS ?? 1, 5));
    }
  }
}

/** Return {sending, send}; `send` gives the broadcast, or null when it was refused or is already under way. */
export function useSending() {
  const sending = reactive({ isBusy: false, problem: null });
  const send = async () => {
    if (sending.isBusy) return null;
    Object.assign(sending, { isBusy: true, problem: null });
    const body = { ...audienceOf(), quota: draft.quota };
    try {
      const broadcast = await sendPatiently(body, keyFor(body));
      startOver();
      return broadcast;
    } catch (problem) {
      sending.problem = problem;
      return null;
    } finally {
      sending.isBusy = false;
    }
  };
  return { sending, send };
}
