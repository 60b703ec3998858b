// Whether there is a network, and the service worker that keeps the app's files for when there is none.
import { html, ref, shallowRef } from "./vendor.js";
import { t } from "./words/index.js";

const isOffline = ref(!navigator.onLine);

addEventListener("online", () => { isOffline.value = false; });
addEventListener("offline", () => { isOffline.value = true; });

/** The browser's offer to install the app, once it makes one. */
export const installer = shallowRef(null);

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installer.value = event;
});
addEventListener("appinstalled", () => { installer.value = null; });

const SETTLED_MS = 4000; // keeping a hundred files must not delay what the person waits for

function register() {
  if (isOffline.value) addEventListener("online", register, { once: true });
  else navigator.serviceWorker?.register("/sw.js").catch(() => null);
}

/** Register the service worker; without one (an old browser, a plain http address) the app works online as before. */
export const keepForOffline = () => setTimeout(register, SETTLED_MS);

/** Says over every screen that what it shows is of before. */
export const OfflineBanner = () => isOffline.value && html`<p class="offline" role="status">${t("state.offline")}</p>`;
