// An answer of the API to a question that changes: asked again on every change, late answers dropped.
import { onBeforeUnmount, reactive, shallowRef, watch } from "../vendor.js";

/**
 * Return {state: {answer, isLoading, problem}, load}. `question()` is what the answer depends on,
 * `ask(question, signal)` gets it. The answer to another question is never left standing.
 */
export function useAnswer(question, ask) {
  const state = reactive({ answer: shallowRef(null), isLoading: true, problem: null });
  let running = null;
  const load = async () => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    Object.assign(state, { isLoading: true, problem: null });
    try {
      const answer = await ask(question(), signal);
      if (!signal.aborted) Object.assign(state, { answer, isLoading: false });
    } catch (problem) {
      if (!signal.aborted) Object.assign(state, { problem, isLoading: false });
    }
  };
  const start = () => {
    state.answer = null;
    return load();
  };
  watch(() => JSON.stringify(question()), start, { immediate: true });
  onBeforeUnmount(() => running?.abort());
  return { state, load };
}
