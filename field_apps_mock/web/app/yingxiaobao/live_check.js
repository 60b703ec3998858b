// The check while typing: 300 ms after the last key the API is asked; an answer to an older text is dropped.
import { onBeforeUnmount, reactive, watch } from "../vendor.js";
import { previewBroadcast } from "../api/routes.js";
import { audienceOf, draft } from "./draft.js";

const PAUSE_MS = 300;

/** Return {preview, body, isChecking, problem}; `body` is the text that `preview` speaks of. */
export function useLiveCheck() {
  const check = reactive({ preview: null, body: "", isChecking: false, problem: null });
  let timer = null;
  let running = null;

  const stop = () => {
    clearTimeout(timer);
    running?.abort();
  };
  const ask = async () => {
    running = new AbortController();
    const { signal } = running;
    const asked = audienceOf();
    try {
      const preview = await previewBroadcast(asked, signal);
      if (!signal.aborted) Object.assign(check, { preview, body: asked.body, problem: null, isChecking: false });
    } catch (problem) {
      if (!signal.aborted) Object.assign(check, { preview: null, problem, isChecking: false });
    }
  };
  const start = () => {
    stop();
    if (draft.communities.length === 0) {
      Object.assign(check, { preview: null, problem: null, isChecking: false });
      return;
    }
    check.isChecking = true;
    timer = setTimeout(ask, PAUSE_MS);
  };
  watch(() => JSON.stringify(audienceOf()), start, { immediate: true });
  onBeforeUnmount(stop);
  return { check, again: start };
}
