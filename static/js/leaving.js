// While another page is on its way, none of these rows can be ticked: that tick would be lost. They are inert, and look it.
// And no page is asked for before the ticks that were made are answered, since the next page begins with what they did.
(() => {
  const STAYED_MS = 15_000;
  const TICKS = ["update", "all", "add", "remove", "invert", "restore", "clear", "star", "unstar"];
  const TURNS = ["newer", "older", "sort"];
  const UNSEEN = ["invert", "restore"]; // What they tick is seen once they are answered: a tick before would be inverted.
  const ticking = new Map(); // What began each tick that waits for its turn or its answer, and the element that sends it.
  const coming = new Map(); // The requests for another page, and the element that sends each.
  let unloading = false;
  let held = null; // What was pressed while ticks were on their way.
  let focused = null;
  let due = null;

  // The answer to an element that is gone is told to nobody.
  const isOnItsWay = ([xhr, elt]) => elt.isConnected || (xhr.readyState > 0 && xhr.readyState < XMLHttpRequest.DONE);
  const isComing = () => [...coming].some(isOnItsWay);
  const isTicking = () =>
    Boolean(document.querySelector("#viewer[data-busy]")) || [...ticking.values()].some((elt) => elt.isConnected);
  const isUnseen = () => [...ticking].some(([{ submitter }, elt]) => elt.isConnected && UNSEEN.includes(submitter?.value));

  const part = (id) => document.getElementById(id);
  const show = () => {
    const form = part("selection-form");
    const away = unloading || held !== null || isComing() || isUnseen();
    if (!form || form.inert === away) return;
    if (away) focused = form.contains(document.activeElement) ? document.activeElement : null;
    form.inert = away;
    form.setAttribute("aria-busy", away);
    if (!away) (focused?.isConnected ? focused : part(focused?.id))?.focus({ preventScroll: true });
  };

  const ticks = (elt, { submitter }) =>
    elt.matches("[data-ticks], #viewer-tick") || (elt.id === "selection-form" && TICKS.includes(submitter?.value));

  // Told of each request before it takes its turn in the list's queue, and again when its turn comes.
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target, triggeringEvent, issueRequest } = event.detail;
    if (triggeringEvent && ticks(elt, triggeringEvent)) ticking.set(triggeringEvent, elt);
    show();
    if (!(target.id === "main" || elt.matches("[data-turns]")) || !isTicking()) return;
    event.preventDefault();
    hold(() => {
      if (elt.isConnected) issueRequest(true);
      // The links of the toolbar and the pager come anew with the answer to a tick.
      else if (part(elt.id)) part(elt.id).click();
      else if (elt.href) location.assign(elt.href);
    });
  });

  // What htmx or another script took has been prevented by now: this one is the last.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || elsewhere || !link || !isTicking()) return;
    if (link.target || link.hasAttribute("download") || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    hold(() => location.assign(link.href));
  });
  document.addEventListener("submit", (event) => {
    const { target, submitter, defaultPrevented } = event;
    if (defaultPrevented || !isTicking()) return;
    event.preventDefault();
    hold(() => target.requestSubmit(submitter));
  });

  const hold = (press) => {
    held = press;
    show();
  };
  const go = () => {
    if (isTicking()) return;
    const press = held;
    hold(null);
    press?.();
  };
  document.addEventListener("viewer-at-rest", () => setTimeout(go));
  // Ticks that went with the list before are awaited no longer.
  document.addEventListener("htmx:afterSettle", ({ target }) => target.id === "main" && setTimeout(go));

  document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr, target, requestConfig } }) => {
    const action = requestConfig.verb === "post" && requestConfig.parameters.action;
    if (target.id === "main" || TURNS.includes(action)) coming.set(xhr, elt);
    show();
  });
  // It is not sent: an earlier request told of that tick.
  document.addEventListener("htmx:beforeRequest", ({ detail: { requestConfig }, defaultPrevented }) => {
    if (defaultPrevented && ticking.delete(requestConfig.triggeringEvent)) setTimeout(go);
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
    const ticked = ticking.delete(requestConfig.triggeringEvent);
    coming.delete(xhr);
    // Refused or unanswered: the page says so, and stays.
    if (ticked && (!xhr.status || xhr.status >= 400)) held = null;
    show();
    // A tick that waited behind this one is sent first.
    if (ticked) setTimeout(go);
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
