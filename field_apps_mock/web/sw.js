// Keeps the app's own files for when there is no network. Answers of the API are never kept, nor is a token seen here:
// what is not the page, its configuration or a file under /s/ goes its way untouched.
importScripts("/shell.js"); // SHELL: the version over all files, and their addresses

const PREFIX = "shell-";
const CACHE = `${PREFIX}${self.SHELL.version}`;
const PATIENCE_MS = 4000; // for the page itself, before the one kept is shown
const ASKED_ANEW = new Set(["/", "/config.json"]);

async function keepFiles() {
  const cache = await caches.open(CACHE);
  await cache.addAll(self.SHELL.files);
  await self.skipWaiting();
}

// The version before stays as well: a page that is open may still ask for one of its files.
async function forgetOld() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function findKept(path) {
  return (await (await caches.open(CACHE)).match(path)) ?? caches.match(path);
}

async function askAnew(path) {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) return answer;
    throw new Error(String(answer.status));
  } catch (reason) {
    const kept = await findKept(path);
    if (kept) return kept;
    throw reason;
  }
}

// Only files of this version are kept: an older page gets what the server has, and that is not what it asked for.
async function takeKept(path) {
  const kept = await findKept(path);
  if (kept) return kept;
  const answer = await fetch(path);
  if (answer.ok && path.startsWith(`/s/${self.SHELL.version}/`)) (await caches.open(CACHE)).put(path, answer.clone());
  return answer;
}

self.addEventListener("install", (event) => event.waitUntil(keepFiles()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOld()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (ASKED_ANEW.has(pathname)) event.respondWith(askAnew(pathname));
  else if (pathname.startsWith("/s/")) event.respondWith(takeKept(pathname));
});
