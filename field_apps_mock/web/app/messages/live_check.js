// The check while typing: 300 ms after the last key the API is asked; an answer to an older text is dropped.
import { onBeforeUnmount, reactive, watch } from "../vendor.js";

const PAUSE_MS = 300;

/**
 * Return {check: {preview, body, isChecking, problem}}; `check.body` is the text that `preview` speaks of.
 * `question()` is the request's body, `ask(question, signal)` the preview route, `isAskable()` says whether to ask at all.
 */
export function useLiveCheck(question, ask, { isAskable = () => true } = {}) {
  const check = reactive({ preview: null, body: "", isChecking: false, problem: null });
  let timer = null;
  let running = null;

  const stop = () => {
    clearTimeout(timer);
    running?.abort();
  };
  const run = async () => {
    running = new AbortController();
    const { signal } = running;
    const asked = question();
    try {
      const preview = await ask(asked, signal);
      if (!signal.aborted) Object.assign(check, { preview, body: asked.body, problem: null, isChecking: false });
    } catch (problem) {
      if (!signal.aborted) Object.assign(check, { preview: null, problem, isChecking: false });
    }
  };
  const start = () => {
    stop();
    if (!isAskable()) {
      Object.assign(check, { preview: null, problem: null, isChecking: false });
      return;
    }
    check.isChecking = true;
    timer = setTimeout(run, PAUSE_MS);
  };
  watch(() => JSON.stringify(question()), start, { immediate: true });
  onBeforeUnmount(stop);
  return { check };
}
