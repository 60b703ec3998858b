// Who is signed in. Tokens live in this tab only (sessionStorage) and are renewed without the person noticing.
import { reactive } from "./vendor.js";
import { requestOpenly, useAccess } from "./api/client.js";
import { Problem } from "./api/problems.js";
import { getCatalog, getMe } from "./api/routes.js";

const STORED = "fieldreach.session";

// `asking` is true while an expired session waits for the password over the screen that was open,
// `trouble` is why a stored session could not be taken up (the API cannot be reached).
export const session = reactive({ me: null, catalog: null, asking: false, trouble: null });

let tokens = JSON.parse(sessionStorage.getItem(STORED) ?? "null");
let renewal = null;
let waiting = [];

function keep(given) {
  tokens = given;
  if (given) sessionStorage.setItem(STORED, JSON.stringify(given));
  else sessionStorage.removeItem(STORED);
}

async function renewOnce() {
  if (!tokens?.refresh_token) return false;
  try {
    keep(await requestOpenly("POST", "/v1/auth/refresh", { body: { refresh_token: tokens.refresh_token } }));
    return true;
  } catch (problem) {
    if (problem.status !== 401 && problem.status !== 403) throw problem;
    keep(null);
    return false;
  }
}

useAccess({
  token: () => tokens?.access_token,
  // A refresh token works once: calls that fail together share one renewal.
  renew() {
    renewal ??= renewOnce().finally(() => {
      renewal = null;
    });
    return renewal;
  },
  askAgain() {
    if (!session.me) throw new Problem({ status: 401, slug: "unauthorized" }); // nothing is open that could be lost
    session.asking = true;
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  },
});

async function load() {
  const [me, catalog] = await Promise.all([getMe(), getCatalog()]);
  Object.assign(session, { me, catalog });
}

/** Sign in. Another person than the one whose session expired starts from an empty page. */
export async function signIn(login, password) {
  const before = session.me?.account_id;
  keep(await requestOpenly("POST", "/v1/auth/token", { body: { login, password } }));
  if (before) {
    const me = await getMe();
    if (me.account_id !== before) return forget();
  } else {
    await load();
  }
  session.asking = false;
  waiting.splice(0).forEach((resolve) => resolve());
}

function forget() {
  const kept = tokens;
  sessionStorage.clear();
  keep(kept);
  location.reload();
}

/** Sign out everywhere: the server revokes, this tab forgets. */
export async function signOut() {
  const refresh_token = tokens?.refresh_token;
  await requestOpenly("POST", "/v1/auth/logout", { body: { refresh_token } }).catch(() => null);
  keep(null);
  forget();
}

/** Take up the session of this tab after a reload; without one the log-in page shows. */
export async function restoreSession() {
  session.trouble = null;
  if (!tokens) return;
  try {
    await load();
  } catch (problem) {
    if (problem.status === 401) keep(null);
    else session.trouble = problem;
  }
}
