// When a page goes away under a finger, the second tap of a double tap must not press what lies below it.
import { ref } from "../vendor.js";

const PAUSE_MS = 600;

/** Return {isSettling, settle}: true for a moment after `settle()`. */
export function useSettling() {
  const isSettling = ref(false);
  const settle = () => {
    isSettling.value = true;
    setTimeout(() => {
      isSettling.value = false;
    }, PAUSE_MS);
  };
  return { isSettling, settle };
}
