// Staff phones: forms marked data-queue are stored first and sent then, so that a stairwell without a signal loses nothing.
(() => {
  const words = document.getElementById("words")?.dataset ?? {};
  const board = document.getElementById("queue-line");
  const owner = document.body.dataset.owner;
  if (!owner || !window.indexedDB) return;
  const element = (name, text, attributes = {}) => {
    const el = Object.assign(document.createElement(name), attributes);
    el.textContent = text ?? "";
    return el;
  };

  // --- what is not yet sent, always in sight
  let signin = false, undo = null;
  async function show() {
    const entries = (await queueAll()).filter((entry) => entry.state !== "dropped" || entry.id === undo);
    follow(entries);
    board.hidden = entries.length === 0;
    if (!entries.length) { board.replaceChildren(); return; }
    const waiting = entries.filter((entry) => entry.state === "waiting").length;
    const head = element("strong", signin ? words.signin : (words.waiting ?? "").replace("{n}", waiting));
    head.hidden = waiting === 0;
    board.replaceChildren(head, list(entries));
  }
  function list(entries) {
    const ul = element("ul");
    for (const entry of entries) {
      const li = element("li");
      li.append(element("span", entry.label), element("small", new Date(entry.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false })));
      if (entry.owner !== owner) li.append(element("small", entry.who));
      const act = (text, work) => li.append(element("button", text, { type: "button", className: "link-btn", onclick: () => work().then(show) }));
      if (entry.state === "failed") {
        li.append(element("span", (words.failed ?? "").replace("{reason}", () => entry.reason), { className: "wrong" }));
        act(words.retry, () => queuePut({ ...entry, state: "waiting", reason: "" }).then(flush));
        act(words.drop, () => { undo = entry.id; return queuePut({ ...entry, state: "dropped" }); });
      }
      if (entry.state === "dropped") act(words.undo, () => queuePut({ ...entry, state: "failed" }));
      ul.append(li);
    }
    return ul;
  }
  // A step that waits to be sent is not offered twice, and what may follow it is offered already.
  function follow(entries) {
    const waiting = new Set(entries.filter((entry) => entry.state === "waiting").map((entry) => new URL(entry.url).pathname));
    for (const template of document.querySelectorAll("template[data-queue-after]"))
      if (waiting.has(template.dataset.queueAfter)) template.replaceWith(template.content);
    for (const form of document.querySelectorAll("form[data-queue-once]")) form.hidden = waiting.has(new URL(form.action).pathname);
    for (const mark of document.querySelectorAll("[data-queue-mark]")) mark.hidden = !waiting.has(mark.dataset.queueMark);
    // On a list: anything that was done to this one and is not sent yet.
    for (const mark of document.querySelectorAll("[data-queue-mark-under]")) mark.hidden = ![...waiting].some((path) => path.startsWith(mark.dataset.queueMarkUnder));
  }
  function toast(text) {
    document.querySelector(".toast")?.remove();
    const el = element("div", text, { className: "toast" });
    el.setAttribute("role", "status");
    document.body.append(el);
    setTimeout(() => el.remove(), 6000);
  }

  // --- sending: at once, when the line comes back, and now and then
  let wait = 5_000, timer = 0;
  async function flush() {
    clearTimeout(timer);
    const outcomes = await queueFlush();
    const last = [...outcomes.values()].pop()?.outcome;
    signin = last === "signin";
    await show();
    if (last === "later") { timer = setTimeout(flushAndRenew, wait); wait = Math.min(wait * 2, 300_000); } else wait = 5_000;
    return outcomes;
  }
  // What was sent behind the back of a page that is about it: the page is old now.
  async function flushAndRenew() {
    const sent = [...(await flush()).values()].filter((one) => one.outcome === "sent");
    if (sent.length && document.querySelector("[data-queue-renew]")) location.reload();
  }
  addEventListener("online", () => { wait = 5_000; flushAndRenew(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flushAndRenew(); });
  navigator.serviceWorker?.addEventListener("message", (event) => { if (event.data === "queue-changed") show(); });

  // --- what would be refused in any case is said before it is stored: later nobody is at the screen
  function lacks(form) {
    const names = (form.dataset.queueOneOf ?? "").split(" ").filter(Boolean);
    const given = names.some((name) => [...new FormData(form).getAll(name)].some((value) => (value instanceof File ? value.size > 0 : value.trim())));
    const lacking = names.length > 0 && !given;
    const wrong = form.querySelector("[data-queue-wrong]");
    if (wrong) { wrong.hidden = !lacking; if (lacking) wrong.focus(); }
    return lacking;
  }

  // --- taking a form in
  async function take(form, submitter) {
    for (const input of form.querySelectorAll("input[type=file]")) await input.linliReady;
    const fields = [...new FormData(form, submitter)].filter(([name, value]) => name !== "idempotency_key" && !(value instanceof File && value.size === 0));
    const entry = {
      url: form.getAttribute("action") ? form.action : location.href,
      // Not the page's own key: a page kept for use without a line may be filled in twice.
      key: (form.dataset.queueKey ||= crypto.randomUUID()),
      fields: fields.map(([name, value]) => (value instanceof File ? [name, new Blob([value], { type: value.type }), value.name] : [name, value])),
      label: [form.dataset.queueLabel || document.title, (form.querySelector("textarea")?.value ?? "").trim().slice(0, 20)].filter(Boolean).join(" · "),
      owner, who: document.body.dataset.ownerName, at: Date.now(), state: "waiting", reason: "",
    };
    entry.id = await queuePut(entry);
    delete form.dataset.queueKey;
    return entry;
  }
  async function sent(form, submitter) {
    let entry;
    try {
      await known;
      entry = await take(form, submitter);
    } catch (error) {
      console.warn(error);
      toast(words.full);
      if (navigator.onLine) form.submit();
      return;
    }
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("linli-queue")).catch(() => {});
    const result = (await flush()).get(entry.id);
    if (result?.outcome === "sent") { location.assign(result.url); return; }
    if (result?.outcome === "failed") {
      // The person is still here: let the page itself say what is wrong, beside the field.
      await queueRemove(entry.id);
      form.submit();
      return;
    }
    toast(words.stored);
    form.reset();
    for (const note of form.querySelectorAll("[data-photo-note], [data-photo-preview]")) note.replaceChildren();
    if (form.dataset.queueNext) location.assign(form.dataset.queueNext);
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-queue]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.queueBusy || lacks(form)) return;
    form.dataset.queueBusy = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    sent(form, event.submitter).finally(() => { delete form.dataset.queueBusy; event.submitter?.removeAttribute("aria-busy"); });
  }, true);

  // --- pages to have at hand without a line: those marked data-offline and what they link with data-offline-link
  const PAGES = "linli-pages", MOST = 60, FRESH = 300_000;
  async function keepPages() {
    if (!window.caches || !navigator.onLine || !document.querySelector("[data-offline]")) return;
    const cache = await caches.open(PAGES);
    // A linked page that was fetched a few minutes ago is good enough; fetching all of them at every step costs the phone's money.
    const young = async (url) => Date.now() - Date.parse((await cache.match(url))?.headers.get("date") ?? 0) < FRESH;
    const links = [...document.querySelectorAll("a[data-offline-link]")].slice(0, MOST).map((a) => a.href);
    await cache.add(location.href).catch(() => {});
    for (const url of links) if (!(await young(url))) await cache.add(url).catch(() => {});
    const kept = await cache.keys();
    for (const old of kept.slice(0, Math.max(0, kept.length - MOST))) await cache.delete(old);
  }
  // Whoever signs out leaves no page behind; what is not yet sent waits for them.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-sign-out]") || event.target.dataset.cleared) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    Promise.allSettled([queueForgetPages(), queueSetOwner("")]).then(() => { event.target.dataset.cleared = "1"; event.target.submit(); });
  }, true);

  // Nothing is sent before it is known who is here.
  const known = queueSetOwner(owner);
  async function begin() {
    await known;
    for (const entry of await queueAll()) if (entry.state === "dropped") await queueRemove(entry.id);
    await flush();
    await keepPages();
  }
  navigator.serviceWorker?.register("/sw.js").catch((error) => console.warn(error));
  begin().catch((error) => console.warn(error));
})();
