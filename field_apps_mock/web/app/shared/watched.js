// An answer that is asked for again every few seconds; the last one stays while the next cannot be had.
import { reactive, shallowRef } from "../vendor.js";
import { usePolling } from "./polling.js";

/** Return {watched: {answer, problem}, load}; `find()` gets the answer. */
export function useWatched(find, pauseMs) {
  const watched = reactive({ answer: shallowRef(null), problem: null });
  const load = async () => {
    try {
      watched.answer = await find();
      watched.problem = null;
    } catch (problem) {
      watched.problem = problem;
    }
  };
  usePolling(load, pauseMs);
  return { watched, load };
}
