// Drawing on the plan: choose a row (its fields), drag a rectangle, the fields are filled in metres, to ten centimetres. Without it the fields are typed.
(() => {
  const svg = document.querySelector("svg[data-draw]");
  if (!svg) return;
  let row = null;
  const mark = (field) => {
    const found = field.name && field.name.match(/^([bas]\d)[xywdzh]$/);
    if (found) row = found[1];
  };
  document.addEventListener("focusin", (event) => mark(event.target));
  const field = (part) => document.querySelector(`[name="${row}${part}"]`);
  const spot = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return { x: Math.round(at.x * 10) / 10, y: Math.round(-at.y * 10) / 10 };
  };
  let from = null, drawn = null;
  svg.addEventListener("pointerdown", (event) => {
    if (!row) {
      const first = [...document.querySelectorAll("[data-rect]")].find((line) => !line.querySelector("input").value);
      row = first ? first.dataset.rect : null;
    }
    if (!row) return;
    from = spot(event);
    drawn = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    drawn.setAttribute("class", "d-new");
    svg.append(drawn);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = spot(event);
    drawn.setAttribute("x", Math.min(from.x, to.x));
    drawn.setAttribute("y", -Math.max(from.y, to.y));
    drawn.setAttribute("width", Math.abs(to.x - from.x));
    drawn.setAttribute("height", Math.abs(to.y - from.y));
  });
  svg.addEventListener("pointerup", (event) => {
    if (!from) return;
    const to = spot(event), put = (part, value) => { field(part).value = String(Math.round(value * 10) / 10); };
    if (Math.abs(to.x - from.x) >= 0.1 && Math.abs(to.y - from.y) >= 0.1) {
      put("x", Math.min(from.x, to.x));
      put("y", Math.min(from.y, to.y));
      put("w", Math.abs(to.x - from.x));
      put("d", Math.abs(to.y - from.y));
      field("h").focus();
    } else {
      drawn.remove();
    }
    from = null;
  });
})();
