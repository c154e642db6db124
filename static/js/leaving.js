// While another page is on its way, none of these rows can be ticked: that tick would be lost. They are inert, and look it.
// And no page is asked for before the ticks that were made are answered, since the next page begins with what they did.
(() => {
  const STAYED_MS = 15_000;
  const TICKS = ["update", "all", "add", "remove", "invert", "restore", "clear", "star", "unstar"];
  const TURNS = ["newer", "older", "sort"];
  const TICKING = "[data-ticks], #viewer-tick";
  const ticking = new Set(); // What ticks from when it is asked to, since it may wait for its turn; and what is on its way.
  const coming = new Set();
  let unloading = false;
  let held = null; // What was pressed while ticks were on their way.
  let focused = null;
  let due = null;

  const show = () => {
    const form = document.getElementById("selection-form");
    const away = unloading || coming.size > 0;
    if (!form || form.inert === away) return;
    if (away) focused = form.contains(document.activeElement) ? document.activeElement : null;
    form.inert = away;
    form.setAttribute("aria-busy", away);
    if (!away) focused?.focus({ preventScroll: true });
  };

  // What was forgotten with the list that it stood in is awaited no longer.
  const ticks = () => [...ticking].some((one) => one.isConnected !== false);

  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target, issueRequest } = event.detail;
    if (elt.matches(TICKING)) ticking.add(elt);
    if (target.id !== "main" || !ticks()) return;
    event.preventDefault();
    held = () => issueRequest(true);
  });

  // What htmx or another script took has been prevented by now: this one is the last.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || elsewhere || !link || !ticks()) return;
    if (link.target || link.hasAttribute("download") || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    held = () => location.assign(link.href);
  });
  document.addEventListener("submit", (event) => {
    const { target, submitter, defaultPrevented } = event;
    if (defaultPrevented || !ticks()) return;
    event.preventDefault();
    held = () => target.requestSubmit(submitter);
  });

  const go = () => {
    if (ticks()) return;
    held?.();
    held = null;
  };

  document.addEventListener("htmx:beforeSend", ({ detail: { xhr, target, requestConfig } }) => {
    const action = requestConfig.verb === "post" && requestConfig.parameters.action;
    if (target.id === "main" || TURNS.includes(action)) coming.add(xhr);
    else if (TICKS.includes(action)) ticking.add(xhr);
    show();
  });
  // An earlier request told of it.
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt }, defaultPrevented }) => {
    if (defaultPrevented && ticking.delete(elt)) setTimeout(go);
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    const ticked = [elt, xhr].filter((one) => ticking.delete(one)).length;
    coming.delete(xhr);
    show();
    if (!ticked) return;
    // Refused or unanswered: the page says so, and stays.
    if (!xhr.status || xhr.status >= 400) held = null;
    // A tick that waited behind this one is sent first.
    else setTimeout(go);
  });

  const stay = () => {
    unloading = false;
    show();
  };
  addEventListener("beforeunload", () => {
    unloading = true;
    show();
    clearTimeout(due);
    due = setTimeout(stay, STAYED_MS);
  });
  // The browser was stopped. Some can't tell, and none tells that what came was no page: then it is given back later.
  window.navigation?.addEventListener("navigateerror", stay);
})();
