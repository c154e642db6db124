// A rubber band over the gallery: what it touches is ticked, or unticked when it begins on a card that is. A finger scrolls.
(() => {
  const BEGINS_PX = 6;
  const EDGE_PX = 48;
  const SCROLLS_PX = 18;
  let band = null;

  const grid = () => document.querySelector("#tasks.gallery");
  const boxOf = (card) => card.querySelector('input[name="task"]:enabled');

  const touched = () => {
    const { left, right, top, bottom } = band.drawn.getBoundingClientRect();
    return [...grid().children].filter((card) => {
      const at = card.getBoundingClientRect();
      return boxOf(card) && at.left < right && at.right > left && at.top < bottom && at.bottom > top;
    });
  };

  const draw = () => {
    const [x, y] = [band.x + scrollX, band.y + scrollY];
    const style = band.drawn.style;
    style.left = `${Math.min(x, band.fromX)}px`;
    style.top = `${Math.min(y, band.fromY)}px`;
    style.width = `${Math.abs(x - band.fromX)}px`;
    style.height = `${Math.abs(y - band.fromY)}px`;
    const now = new Set(touched());
    for (const card of grid().children) card.classList.toggle("banded", now.has(card));
  };

  const begin = () => {
    band.drawn = document.createElement("div");
    band.drawn.className = "band";
    document.body.append(band.drawn);
    grid().classList.toggle("unbanding", !band.ticks);
    band.scrolls = setInterval(() => {
      const by = band.y < EDGE_PX ? -SCROLLS_PX : band.y > innerHeight - EDGE_PX ? SCROLLS_PX : 0;
      if (by) scrollBy(0, by);
      if (by) draw();
    }, 16);
  };

  const end = (keep) => {
    if (!band) return;
    const { drawn, ticks, scrolls } = band;
    if (drawn) {
      const boxes = touched().map(boxOf).filter((box) => box.checked !== ticks);
      clearInterval(scrolls);
      drawn.remove();
      for (const card of grid()?.children || []) card.classList.remove("banded");
      grid()?.classList.remove("unbanding");
      if (keep) for (const box of boxes) box.checked = ticks;
      // One change for all of them, which `selection.js` counts and htmx sends.
      if (keep) boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
      // The click that ends it opens nothing.
      addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    }
    band = null;
  };
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };

  document.addEventListener("pointerdown", (event) => {
    const { target, button, pointerType, clientX, clientY } = event;
    if (button || pointerType === "touch" || event.shiftKey || event.ctrlKey || event.metaKey) return;
    if (!target.closest("#tasks.gallery") || target.closest(".tick") || !grid().querySelector('[name="task"]')) return;
    const card = target.closest(".tile");
    const ticks = !(card && boxOf(card)?.checked);
    band = { fromX: clientX + scrollX, fromY: clientY + scrollY, x: clientX, y: clientY, ticks };
  });
  document.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!band) return;
    [band.x, band.y] = [clientX, clientY];
    const far = Math.hypot(clientX + scrollX - band.fromX, clientY + scrollY - band.fromY);
    if (!band.drawn && far > BEGINS_PX) begin();
    if (band?.drawn) draw();
  });
  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
  addEventListener("blur", () => end(false));
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !band?.drawn) return;
      swallow(event);
      end(false);
    },
    true,
  );
  // A link would be dragged away itself.
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("#tasks.gallery")) event.preventDefault();
  });
  // Another page of the list.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.target?.id === "main" && end(false));
})();
