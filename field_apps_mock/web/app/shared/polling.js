// Asking again every few seconds while a page is open and looked at.
import { onBeforeUnmount, onMounted } from "../vendor.js";

export function usePolling(ask, pauseMs) {
  let timer = null;
  let isOver = false;
  const tick = async () => {
    if (!document.hidden) await ask();
    if (!isOver) timer = setTimeout(tick, pauseMs);
  };
  onMounted(tick);
  onBeforeUnmount(() => {
    isOver = true;
    clearTimeout(timer);
  });
}
