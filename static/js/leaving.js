// While another page is on its way, none of these rows can be ticked: that tick would be lost. They are inert, and look it.
// And no page is asked for before the ticks that were made are answered, since the next page begins with what they did.
(() => {
  const STAYED_MS = 15_000;
  const TICKS = ["update", "all", "add", "remove", "invert", "restore", "clear", "star", "unstar"];
  const TURNS = ["newer", "older", "sort"];
  const ticking = new Set();
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

  document.addEventListener("htmx:confirm", (event) => {
    const { target, issueRequest } = event.detail;
    if (target.id !== "main" || !ticking.size) return;
    event.preventDefault();
    held = () => issueRequest(true);
  });

  // What htmx took has been prevented by now.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || elsewhere || !link || !ticking.size) return;
    if (link.target || link.hasAttribute("download") || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    held = () => location.assign(link.href);
  });
  document.addEventListener("submit", (event) => {
    const { target, submitter, defaultPrevented } = event;
    if (defaultPrevented || !ticking.size) return;
    event.preventDefault();
    held = () => target.requestSubmit(submitter);
  });

  const go = () => {
    if (ticking.size) return;
    held?.();
    held = null;
  };

  document.addEventListener("htmx:beforeSend", ({ detail: { xhr, target, requestConfig } }) => {
    const action = requestConfig.verb === "post" && requestConfig.parameters.action;
    if (target.id === "main" || TURNS.includes(action)) coming.add(xhr);
    else if (TICKS.includes(action)) ticking.add(xhr);
    show();
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
    const ticked = ticking.delete(xhr);
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
