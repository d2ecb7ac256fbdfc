// The service worker of the staff app: files and kept pages without a line, and the queue sent when the line is back.
const FILES = "linli-files-" + KEEP.map((url) => url.split("/")[2]).join("").slice(0, 40);
const PAGES = "linli-pages";

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
    return await fetch(request);
  } catch {
    const kept = await caches.open(PAGES).then((cache) => cache.match(request.url));
    return kept ?? (await caches.match("/offline")) ?? Response.error();
  }
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
