// The queue of what is not yet sent: kept in IndexedDB, sent in order. Used by the page and by the service worker alike.
const QUEUE_DB = "linli-queue";

function queueOpen() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(QUEUE_DB, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
      request.result.createObjectStore("meta");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

// Runs `work(store)` in one transaction; done only when it is on disk.
async function queueDo(name, mode, work) {
  const db = await queueOpen();
  try {
    return await new Promise((done, failed) => {
      const tx = db.transaction(name, mode, { durability: "strict" });
      const request = work(tx.objectStore(name));
      tx.oncomplete = () => done(request?.result);
      tx.onabort = tx.onerror = () => failed(tx.error ?? request?.error);
    });
  } finally {
    db.close();
  }
}

const queueAll = () => queueDo("entries", "readonly", (store) => store.getAll());
const queuePut = (entry) => queueDo("entries", "readwrite", (store) => store.put(entry));
const queueRemove = (id) => queueDo("entries", "readwrite", (store) => store.delete(id));
const queueOwner = () => queueDo("meta", "readonly", (store) => store.get("owner"));
// Pages kept for use without a line are somebody's: they go when somebody else is here, and when the session is over.
const queueForgetPages = () => (globalThis.caches ? caches.delete("linli-pages") : Promise.resolve());
async function queueSetOwner(owner) {
  if ((await queueOwner()) !== owner) await queueForgetPages();
  await queueDo("meta", "readwrite", (store) => store.put(owner, "owner"));
}

function queueBody(entry) {
  const files = entry.fields.some(([, value]) => value instanceof Blob);
  const body = files ? new FormData() : new URLSearchParams();
  for (const [name, value, fileName] of entry.fields) {
    if (value instanceof Blob) body.append(name, value, fileName);
    else body.append(name, value);
  }
  return body;
}

async function queueReason(response) {
  try {
    const problem = await response.json();
    const fields = (problem.errors ?? []).map((one) => one.detail);
    return [problem.title, ...(fields.length ? fields : [problem.detail])].filter(Boolean).join(" · ");
  } catch {
    return "HTTP " + response.status;
  }
}

// Sends one entry: "sent", "failed" (refused for good, with the reason), "signin", or "later" (no line, or the house is busy).
async function queueSend(entry) {
  let response;
  try {
    response = await fetch(entry.url, {
      method: "POST",
      body: queueBody(entry),
      credentials: "same-origin",
      // Whose it is: the server takes it from nobody else. Rights are judged when it arrives.
      // How long ago the tap was: what was done without a signal counts from when it was done, whatever the phone's clock says.
      headers: {
        Accept: "application/problem+json", "Idempotency-Key": entry.key, "Linli-Owner": entry.owner,
        "Linli-Done-Ago": String(Math.max(0, Math.round(Date.now() - entry.at))),
      },
    });
  } catch {
    return { outcome: "later" };
  }
  if (response.ok) return { outcome: "sent", url: response.url };
  if (response.status === 401) return { outcome: "signin" };
  if (response.status === 429 || response.status >= 500) return { outcome: "later" };
  return { outcome: "failed", reason: await queueReason(response), status: response.status };
}

// Sends all that waits, in order, one sender at a time. An entry of somebody else stays until they sign in again.
// Answers the outcome of each by its id.
async function queueFlush() {
  const outcomes = new Map();
  const work = async () => {
    const owner = await queueOwner();
    for (const entry of await queueAll()) {
      if (entry.state !== "waiting" || !owner || entry.owner !== owner) continue;
      const result = await queueSend(entry);
      outcomes.set(entry.id, result);
      if (result.outcome === "sent") await queueRemove(entry.id);
      else if (result.outcome === "failed") await queuePut({ ...entry, state: "failed", reason: result.reason });
      else {
        if (result.outcome === "signin") await queueForgetPages();
        break;
      }
    }
  };
  if (navigator.locks) await navigator.locks.request("linli-queue", work);
  else await work();
  return outcomes;
}
