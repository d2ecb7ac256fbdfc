// The service worker of the staff app: files and kept pages without a line, and the queue sent when the line is back.
const FILES = "linli-files-" + KEEP.map((url) => url.split("/")[2]).join("").slice(0, 40);
const PAGES = "linli-pages";
// A kept page is shown for one working day: without a line nobody can tell whether the session that it was made for still stands.
const KEPT_FOR = 16 * 3_600_000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(FILES).then((cache) => cache.addAll([...KEEP, "/offline"])).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const clean = caches.keys().then((names) => Promise.all(names.filter((name) => name !== FILES && name !== PAGES).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (new URL(request.url).pathname.startsWith("/assets/")) event.respondWith(file(request));
});

async function page(request) {
  try {
    const answer = await fetch(request);
    // Nobody is signed in any more: what was kept for whoever was, goes.
    if (answer.status === 401 || new URL(request.url).pathname === "/login") await queueForgetPages().catch(() => {});
    return answer;
  } catch {
    return (await keptPage(request.url)) ?? (await caches.match("/offline")) ?? Response.error();
  }
}
async function keptPage(url) {
  const cache = await caches.open(PAGES);
  const page = await cache.match(url);
  if (page && !(Date.now() - Date.parse(page.headers.get("date")) < KEPT_FOR)) {
    await cache.delete(url);
    return undefined;
  }
  return page;
}
async function file(request) {
  return (await caches.match(request.url)) ?? fetch(request);
}

self.addEventListener("sync", (event) => {
  if (event.tag === "linli-queue") event.waitUntil(send());
});
async function send() {
  const outcomes = await queueFlush();
  for (const client of await self.clients.matchAll()) client.postMessage("queue-changed");
  // Rejecting asks the browser to try again later.
  if ([...outcomes.values()].some((one) => one.outcome === "later")) throw new Error("not yet");
}
