// What every page can do without and is better with: the line is watched, typed words are kept, photos are made smaller,
// lists stay fresh. No page needs it to be read or sent.
"use strict";
(() => {
  const words = document.getElementById("words")?.dataset ?? {};
  const fill = (text, values) => (text ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  // --- a thin bar when the line is lost
  let bar = null;
  function line(text) {
    if (!text) { bar?.remove(); bar = null; return; }
    if (!bar) {
      bar = document.createElement("div");
      bar.className = "net-line";
      bar.setAttribute("role", "status");
      document.querySelector("main")?.before(bar);
    }
    if (bar.textContent !== text) bar.textContent = text;
  }
  addEventListener("offline", () => line(words.lost));
  addEventListener("online", () => line(""));
  if (!navigator.onLine) line(words.lost);
  document.addEventListener("htmx:error", () => { if (!navigator.onLine) line(words.lost); });

  // --- what was typed survives a lost line, a reload, a wrong tap; in this tab only
  const KEPT = "linli.typed:";
  const keepable = (el) => el.name && !el.closest("[data-private]") && el.matches("textarea, select, input") &&
    !["password", "file", "hidden", "submit"].includes(el.type);
  const slot = (form) => KEPT + location.pathname + "#" + [...document.forms].indexOf(form);
  function keep(form) {
    const values = [...form.elements].filter(keepable).map((el) =>
      [el.name, el.value, el.type === "checkbox" || el.type === "radio" ? el.checked : null]);
    try { sessionStorage.setItem(slot(form), JSON.stringify(values)); } catch { /* full or forbidden: nothing is lost but comfort */ }
  }
  function giveBack(form) {
    const stored = sessionStorage.getItem(slot(form));
    if (!stored || form.querySelector("[aria-invalid]")) return;
    for (const [name, value, checked] of JSON.parse(stored)) {
      const same = [...form.elements].filter((el) => el.name === name && keepable(el));
      const el = checked === null ? same[0] : same.find((one) => one.value === value);
      if (!el) continue;
      if (checked === null) { if (!el.value) el.value = value; } else el.checked = checked;
    }
  }
  const sentFrom = sessionStorage.getItem("linli.sent");
  if (sentFrom) {
    // Sent and not thrown back: the words have arrived.
    if (!document.querySelector("[aria-invalid]")) sessionStorage.removeItem(sentFrom);
    sessionStorage.removeItem("linli.sent");
  }
  for (const form of document.forms) if (form.method === "post") giveBack(form);
  let pause = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || form.method !== "post" || !keepable(event.target)) return;
    clearTimeout(pause);
    pause = setTimeout(() => keep(form), 300);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.under === "way") { event.preventDefault(); return; }
    form.dataset.under = "way";
    setTimeout(() => delete form.dataset.under, 4000);
    event.submitter?.setAttribute("aria-busy", "true");
    sessionStorage.setItem("linli.sent", slot(form));
  });
  addEventListener("pageshow", () => {
    for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
    for (const form of document.forms) delete form.dataset.under;
  });
  document.getElementById("errors")?.focus();

  // --- photos: turned upright and at most 2048 px before they travel
  const SIDE = 2048;
  async function shrink(file) {
    if (!file.type.startsWith("image/")) return file;
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size < 700_000 && file.type === "image/jpeg") return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
    return blob ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  }
  function size(files) {
    const kilobytes = files.reduce((sum, file) => sum + file.size, 0) / 1024;
    return kilobytes < 1000 ? Math.ceil(kilobytes) + " KB" : (kilobytes / 1024).toFixed(1) + " MB";
  }
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches?.("input[type=file][data-shrink]")) return;
    const field = input.closest(".field");
    const note = field?.querySelector("[data-photo-note]");
    const preview = field?.querySelector("[data-photo-preview]");
    const say = (text) => { if (note) note.textContent = text; };
    if (!input.files.length) { say(""); preview?.replaceChildren(); return; }
    say(words.shrinking);
    const work = Promise.all([...input.files].map((file) => shrink(file).catch(() => file))).then((files) => {
      const basket = new DataTransfer();
      files.forEach((file) => basket.items.add(file));
      input.files = basket.files;
      preview?.replaceChildren(...files.filter((file) => file.type.startsWith("image/")).map((file) => {
        const img = document.createElement("img");
        img.alt = file.name;
        img.src = URL.createObjectURL(file);
        img.onload = () => URL.revokeObjectURL(img.src);
        return img;
      }));
      say(fill(words.ready, { size: size(files) }));
    });
    // The queue waits for this before it stores the form.
    input.linliReady = work.catch(() => say(words.photoFailed));
  });

  // --- live: one event stream a page; whoever listens for "live" fetches itself anew
  function refresh(kind) {
    for (const el of document.querySelectorAll('[hx-trigger*="live"]')) {
      const wanted = el.dataset.liveKind;
      if (!kind || !wanted || wanted.split(" ").includes(kind)) el.dispatchEvent(new CustomEvent("live"));
    }
    const status = document.getElementById("live-line");
    if (status) status.textContent = words.changed ?? "";
  }
  const address = document.body.dataset.live;
  let source = null, due = 0, kinds = new Set(), away = 0;
  function soon(kind) {
    kinds.add(kind);
    if (due) return;
    due = setTimeout(() => {
      due = 0;
      const all = kinds.has("");
      for (const one of all ? [""] : kinds) refresh(one);
      kinds.clear();
    }, 250);
  }
  function listen() {
    source = new EventSource(address);
    source.addEventListener("live", (event) => soon(JSON.parse(event.data).kind));
    source.addEventListener("reload", () => soon(""));
    source.onopen = () => { clearTimeout(away); away = 0; if (navigator.onLine) line(""); };
    source.onerror = () => {
      away ||= setTimeout(() => line(words.liveLost), 4000);
      if (source.readyState === EventSource.CLOSED) { source = null; setTimeout(() => { if (!source && !document.hidden) { listen(); soon(""); } }, 10_000); }
    };
  }
  if (address && window.EventSource) {
    if (!document.hidden) listen();
    // A browser opens six lines to a house at most: a hidden tab gives its own back.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) { source?.close(); source = null; } else if (!source) { listen(); soon(""); }
    });
  }

  // --- lists by keyboard: j and k go down and up, f goes to what is open beside the list
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (event.key === "f" && document.querySelector("[data-keys]")) { document.getElementById("file")?.focus(); event.preventDefault(); return; }
    const step = { j: 1, k: -1 }[event.key];
    const list = step && document.querySelector("[data-keys]");
    if (!list) return;
    const rows = [...list.querySelectorAll("a.row, a.row-main")];
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
    event.preventDefault();
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
})();
