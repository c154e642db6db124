// The confirmation dialog: opened by the server's answer, closed by the operator, focus given back.
(() => {
  const dialog = () => document.getElementById("dialog");
  let opener = null;
  let started = false;

  const open = () => {
    const box = dialog();
    if (!box || box.open || box.hasAttribute("data-done") || !box.querySelector("form")) return;
    box.showModal();
    const wrong = box.querySelector('[aria-invalid="true"]');
    (wrong || box.querySelector("[data-first-focus]") || box).focus();
  };

  const close = () => {
    const box = dialog();
    if (!box?.open) return;
    box.close();
    // It stays in the page: htmx still looks for targets from the form that sent the request.
    box.setAttribute("data-done", "");
    // The toolbar may have been replaced meanwhile: its new button has the old one's id.
    const back = opener && (opener.isConnected ? opener : document.getElementById(opener.id));
    (back && back.checkVisibility() ? back : document.getElementById("main"))?.focus({ preventScroll: true });
    opener = null;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-opens-dialog]");
    if (!button) return;
    opener = button;
    // The second click of a double click would have the same set written down once more.
    if (event.detail > 1) event.preventDefault();
  });

  // A dialog that arrives belongs in its own place, whoever asked for it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event;
    if (!/^\s*<dialog\b/.test(detail.serverResponse || "")) return;
    // What a dialog asked for before it was closed must not open it again.
    if (detail.requestConfig.elt.closest("#dialog") && !dialog().open) {
      detail.shouldSwap = false;
      return;
    }
    detail.target = dialog();
    detail.swapOverride = "outerHTML";
    detail.shouldSwap = true;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    open();
    if (started && event.target.id === "strip") {
      started = false;
      event.target.focus({ preventScroll: true });
    }
  });

  // A page without a strip has no place to follow what was just started, so the page of it is next.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const forStrip = event.detail.xhr.getResponseHeader("HX-Retarget") === "#strip";
    if (!forStrip || document.getElementById("strip")) return;
    event.preventDefault();
    location.assign(dialog().dataset.url);
  });

  // Closed, it waits for no picture.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches('#dialog[data-done] [data-poll="post"]')) event.preventDefault();
  });

  // Esc keeps the tasks, and says so to the server.
  document.addEventListener(
    "cancel",
    (event) => {
      if (event.target !== dialog()) return;
      event.preventDefault();
      const keep = document.getElementById("keep-form");
      if (keep) keep.requestSubmit();
      else close();
    },
    true,
  );

  // Keeping sends nothing, so the dialog goes whatever the answer is: before that, so that a refusal is told on the page.
  for (const name of ["htmx:beforeOnLoad", "htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
    document.addEventListener(name, ({ detail }) => detail.elt.id === "keep-form" && close());
  }
  // One that asks nothing of the server.
  document.addEventListener("click", (event) => event.target.closest("[data-closes-dialog]") && close());
  document.addEventListener("ids-selected", close);
  document.addEventListener("holds-changed", close);
  // Confirmed or discarded elsewhere meanwhile: the page says so.
  document.addEventListener("draft-over", close);
  document.addEventListener("deletion-confirmed", () => {
    // Its opener is about to go; the strip, once it is there, is the next thing to look at.
    started = true;
    close();
  });
})();
