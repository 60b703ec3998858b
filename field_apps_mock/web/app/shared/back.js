// A page over the tabs: the browser's back closes it instead of leaving the app, and who opened it has the focus again.
import { onBeforeUnmount, watch } from "../vendor.js";

/** `isOpen()` says whether such a page is open, `close()` closes it. */
export function useBack(isOpen, close) {
  let opener = null;
  const onBack = () => {
    if (isOpen()) close();
  };
  // Before the page is drawn, while what was pressed still has the focus.
  watch(isOpen, (open) => {
    if (open) {
      opener = document.activeElement;
      history.pushState({ isOver: true }, "");
      return;
    }
    if (history.state?.isOver) history.back();
    setTimeout(() => opener?.isConnected && opener.focus()); // once what lay below is no longer inert
  }, { flush: "sync" });
  addEventListener("popstate", onBack);
  onBeforeUnmount(() => removeEventListener("popstate", onBack));
}
