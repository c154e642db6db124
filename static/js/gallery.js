// The gallery by keyboard and pointer. One card is in the order of Tab, and arrows move among them; boxes are ticked as in
// the table (`selection.js`).
(() => {
  const grid = () => document.querySelector("#tasks.gallery");
  const cards = () => [...(grid()?.children || [])];
  const CONTROLS = '.open, input[name="task"]';

  // Where Tab enters: the card that had the focus last, at first the first one.
  const enterAt = (card) => {
    for (const one of grid().querySelectorAll(CONTROLS)) one.tabIndex = card.contains(one) ? 0 : -1;
  };
  const prepare = () => {
    const first = grid()?.querySelector(".tile");
    if (first && !grid().querySelector('.open[tabindex="0"]')) enterAt(first);
  };
  document.addEventListener("DOMContentLoaded", prepare);
  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("focusin", ({ target }) => {
    const card = target.closest("#tasks.gallery > .tile");
    if (card?.querySelector(".open").tabIndex === -1) enterAt(card);
  });

  const columns = () => getComputedStyle(grid()).gridTemplateColumns.split(" ").length;
  const STEPS = {
    ArrowLeft: () => -1,
    ArrowRight: () => 1,
    ArrowUp: () => -columns(),
    ArrowDown: () => columns(),
    Home: () => -Infinity,
    End: () => Infinity,
  };

  document.addEventListener("keydown", (event) => {
    const card = event.target.closest("#tasks.gallery > .tile");
    if (!card || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === " " && event.target.matches(".open")) {
      event.preventDefault();
      if (!event.repeat) event.target.click();
      return;
    }
    const step = STEPS[event.key]?.();
    if (!step) return;
    event.preventDefault();
    const all = cards();
    const at = all.indexOf(card);
    const to = Number.isFinite(step) ? at + step : step < 0 ? 0 : all.length - 1;
    const box = event.target.matches("input") && all[to]?.querySelector("input:enabled");
    (box || all[to]?.querySelector(".open"))?.focus();
  });

  // With Shift the picture is pressed as its box is: for a range.
  document.addEventListener(
    "click",
    (event) => {
      const open = event.shiftKey && event.target.closest("#tasks.gallery .open");
      if (!open) return;
      event.preventDefault();
      event.stopPropagation();
      const box = open.parentElement.querySelector("input:enabled");
      box?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: true }));
    },
    true,
  );

  // At once; what the form sends keeps it for the next page.
  document.addEventListener("change", ({ target }) => {
    if (target.closest("[data-sizes]") && grid()) grid().dataset.size = target.value;
  });

  // A film is leafed through by moving over it.
  const leaf = (shot, share) => {
    const { strip, frames } = shot.dataset;
    let leaves = shot.querySelector(".leaves");
    if (!leaves) {
      leaves = document.createElement("span");
      leaves.className = "leaves";
      leaves.style.backgroundImage = `url(${JSON.stringify(strip)})`;
      leaves.style.backgroundSize = `${frames * 100}% 100%`;
      shot.append(leaves);
    }
    const frame = Math.min(Math.floor(share * frames), frames - 1);
    leaves.style.backgroundPositionX = frames > 1 ? `${(frame / (frames - 1)) * 100}%` : "0";
    shot.style.setProperty("--share", share);
  };
  document.addEventListener("pointermove", ({ target, clientX, pointerType }) => {
    const shot = pointerType !== "touch" && target.closest?.(".tile")?.querySelector(".shot[data-strip]");
    if (!shot) return;
    const { left, width } = shot.getBoundingClientRect();
    leaf(shot, Math.min(Math.max((clientX - left) / width, 0), 1));
  });
  document.addEventListener("pointerout", ({ target, relatedTarget }) => {
    const card = target.closest?.(".tile");
    if (card && !card.contains(relatedTarget)) card.querySelector(".leaves")?.remove();
  });
})();
