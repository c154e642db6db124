// The page says what the server knows. Parts that can be asked for anew carry `data-asks`: they are asked for after every
// refusal and lost answer, when a deletion changes its state, and the list now and then, since colleagues change it too.
(() => {
  const LATER_MS = 5000;
  const NOW_AND_THEN_MS = 10_000;
  const AT_REST = 3; // times as long
  let due = null;
  let states = null;
  let total = null;

  const ask = (selector = "[data-asks]") => {
    for (const part of document.querySelectorAll(selector)) {
      if (part.closest("dialog:not([open])")) continue;
      htmx.trigger(part, "ask");
    }
  };
  const askAll = () => {
    clearTimeout(due);
    due = null;
    ask();
  };
  const askLater = () => {
    due ??= setTimeout(askAll, LATER_MS);
  };

  // Refused: what was pressed or ticked did not happen, or happened otherwise.
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (!detail.elt.hasAttribute("data-poll")) askAll();
    else if (detail.xhr.status >= 500 || detail.xhr.status === 429) askLater();
  });
  // No answer: it may have happened all the same.
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) document.addEventListener(name, askLater);
  window.addEventListener("online", () => due && askAll());

  // An answer that belongs to the list before must not change the one that comes now.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const list = detail.target?.id === "main" && document.getElementById("selection-form");
    if (list) htmx.trigger(list, "htmx:abort");
  });

  const statesShown = () =>
    [...document.querySelectorAll('[role="progressbar"][data-code]')]
      .map((bar) => `${bar.dataset.code} ${bar.dataset.state}`)
      .join();
  const totalShown = () => document.getElementById("total")?.firstChild?.textContent.trim();

  const look = () => {
    [states, total] = [statesShown(), totalShown()];
  };
  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id === "main") look();
    // The number behind a page is of the same list.
    if (target.id === "total") total = totalShown();
    if (states === statesShown()) return;
    states = statesShown();
    ask("#list-now");
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    if (total === totalShown()) return;
    total = totalShown();
    htmx.trigger(document.body, "counts-changed");
  });
  for (const name of ["deletion-confirmed", "deletion-kept", "draft-over", "holds-changed"]) {
    document.addEventListener(name, () => ask("#list-now"));
  }
  document.addEventListener("draft-over", () => ask("#strip"));

  // What colleagues do, and what was done in another tab.
  let rested = 0;
  const askIfSeen = () => {
    if (document.visibilityState !== "visible") return;
    rested = 0;
    ask("#list-now");
  };
  const atStake = () =>
    document.getElementById("clear-selection") || document.getElementById("in-flight")?.textContent.trim();
  setInterval(() => {
    rested += 1;
    if (atStake() || rested >= AT_REST) askIfSeen();
  }, NOW_AND_THEN_MS);
  document.addEventListener("visibilitychange", askIfSeen);
})();
