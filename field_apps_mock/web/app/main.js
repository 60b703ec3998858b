// Start: read where the API is, restore the session, mount the app.
import { createApp } from "./vendor.js";
import { configure } from "./api/client.js";
import { config } from "./config.js";
import { keepForOffline } from "./offline.js";
import { restoreSession } from "./session.js";
import { Root } from "./root.js";

const answer = await fetch("/config.json");
Object.assign(config, await answer.json());
configure(config.api_url);
await restoreSession();
createApp(Root).mount("#app");
keepForOffline();
