// Whether there is a network, and the service worker that keeps the app's files for when there is none.
import { html, ref } from "./vendor.js";
import { t } from "./words/index.js";

export const isOffline = ref(!navigator.onLine);

addEventListener("online", () => { isOffline.value = false; });
addEventListener("offline", () => { isOffline.value = true; });

/** Register the service worker; without one (an old browser, a plain http address) the app works online as before. */
export function keepForOffline() {
  navigator.serviceWorker?.register("/sw.js").catch(() => null);
}

/** Says over every screen that what it shows is of before. */
export const OfflineBanner = () => isOffline.value && html`<p class="offline" role="status">${t("state.offline")}</p>`;
