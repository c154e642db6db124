// Where the focus goes when the part of the page that held it is replaced: to the same button, else to that part.
(() => {
  let held = null;

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target?.id === "main" && detail.target.contains(document.activeElement)) held = { part: "main" };
    const part = document.activeElement?.closest("#strip, #live");
    if (part && detail.target === part) held = { part: part.id, button: document.activeElement.id };
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!held) return;
    const lost = !document.activeElement || document.activeElement === document.body;
    const part = document.getElementById(held.part);
    const shown = part?.checkVisibility() ? part : document.getElementById("main");
    if (lost) (document.getElementById(held.button) || shown)?.focus({ preventScroll: true });
    held = null;
  });
})();
