// Where the focus goes when the part of the page that held it is replaced: to the same button, else to that part. Where
// a task was removed, to the button of the one that took its place.
(() => {
  let held = null;
  const removers = () => [...document.querySelectorAll("[data-removes]")];

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { activeElement } = document;
    if (detail.target?.id === "main" && detail.target.contains(activeElement)) held = { part: "main" };
    const from = detail.requestConfig?.triggeringEvent?.submitter;
    if (detail.target?.id === "main" && from?.hasAttribute("data-removes")) {
      held = { part: "main", removed: removers().indexOf(from) };
    }
    const part = activeElement?.closest('#strip, #live, tr[id^="deletion-"]');
    if (part && detail.target === part) held = { part: part.id, button: activeElement.id };
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!held) return;
    const lost = !document.activeElement || document.activeElement === document.body;
    const part = document.getElementById(held.part);
    const shown = part?.checkVisibility() ? part : document.getElementById("main");
    const next = held.removed >= 0 ? removers().at(Math.min(held.removed, removers().length - 1)) : null;
    if (lost) (next || document.getElementById(held.button) || shown)?.focus({ preventScroll: true });
    held = null;
  });
})();
