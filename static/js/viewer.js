// One task at full size, above the list: opened from a card, walked along the list and over its pages, closed where one
// stands then. On a page of its own, without the list, the same keys press its links.
(() => {
  const FRAME_SECONDS = 1 / 24;
  const LARGER = 1.5;
  const LARGEST = 8;
  const waiting = [];
  let busy = false;
  let wanted = false; // Closed, what is still on its way does not open it again.
  let zoom = 1;
  let turn = null; // The tick that waits for its turn, or for its answer.

  const box = () => document.getElementById("viewer");
  const body = () => document.querySelector(".viewer-body");
  const part = (id) => document.getElementById(id);
  const isOpen = () => Boolean(box()?.open);
  const chosen = () => document.querySelector('#toolbar [name="selection"]');

  // One step after another, as they were pressed: x is a tick of the task that stands there when its turn comes. Behind a
  // step that failed that is not the task that was meant, and its reason would be gone: so the rest is dropped. Closed, it
  // still does what was pressed before, and until then no other page comes (`leaving.js`).
  const inTurn = async (step) => {
    waiting.push(step);
    if (busy) return;
    rest(false);
    while (waiting.length) await waiting.shift()().catch(() => waiting.splice(0));
    rest(true);
    if (!wanted) tidy();
  };
  const rest = (on) => {
    busy = !on;
    box()?.toggleAttribute("data-busy", busy);
    if (on) document.dispatchEvent(new Event("viewer-at-rest"));
  };

  // What is selected by now, whatever was when that address was written.
  const current = (url) => {
    const address = new URL(url, location.href);
    if (chosen()?.value) address.searchParams.set("selection", chosen().value);
    else address.searchParams.delete("selection");
    return address.pathname + address.search;
  };

  const show = async (url) => {
    const held = box().contains(document.activeElement) ? document.activeElement.id : "";
    const before = body();
    await htmx.ajax("GET", current(url), { source: box(), target: box(), swap: "innerHTML" });
    if (!body()) return;
    if (body() === before) throw new Error("It did not come.");
    zoom = 1;
    if (!wanted) return;
    if (!isOpen()) box().showModal();
    const again = part(held);
    (again && box().contains(again) && !again.disabled ? again : box()).focus({ preventScroll: true });
    for (const next of body().dataset.nextUp.split(" ").filter(Boolean)) {
      const image = new Image();
      image.referrerPolicy = "no-referrer";
      image.src = next;
    }
  };

  const go = (rel) => {
    const way = part(`viewer-${rel}`);
    if (way?.href) location.assign(way.href);
    else if (way?.dataset.go) return show(way.dataset.go);
    return Promise.resolve();
  };

  const mark = (button, on) => {
    button.setAttribute("aria-pressed", on);
    part(`frame-${button.dataset.number}`)?.classList.toggle("ticked", on);
  };

  const tick = () => {
    if (!isOpen()) part("viewer-select")?.click();
    else inTurn(sendTick);
  };
  const sendTick = async () => {
    const button = part("viewer-select");
    if (!button || button.disabled) return;
    // The page is of before somebody was allowed to: it has nothing yet that ticks.
    if (!part("viewer-tick")) {
      location.reload();
      return;
    }
    const [number, on] = [button.dataset.number, button.getAttribute("aria-pressed") !== "true"];
    mark(button, on);
    turn = { action: button.form.action, number, on };
    await new Promise((over) => {
      const tick = part("viewer-tick");
      // With the list that it belongs to it goes unanswered.
      tick.addEventListener("htmx:beforeCleanupElement", over, { once: true });
      tick.addEventListener("htmx:afterRequest", over, { once: true });
      htmx.trigger(tick, "tick");
    });
    if (button.getAttribute("aria-pressed") !== String(on)) throw new Error("It was not ticked.");
  };

  // In the queue of the list's own ticks, and of what is selected by then: two at once would begin two selections.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.id !== "viewer-tick") return;
    const { action, number, on } = turn;
    detail.path = action;
    Object.assign(detail.parameters, { action: "update", shown: number, selection: chosen()?.value || "" });
    if (on) detail.parameters.task = number;
  });

  // Another page of the list was asked for before this was there.
  document.addEventListener("htmx:confirm", ({ detail: { elt, target } }) => {
    if (!isOpen() && (target.id === "main" || elt.matches("[data-turns]"))) wanted = false;
  });

  // Refused or lost, it was not ticked: the page says so, and the button too.
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
    const button = part("viewer-select");
    if (elt.id !== "viewer-tick" || successful || !button) return;
    if (button.dataset.number === turn.number) mark(button, !turn.on);
  });
  document.addEventListener("viewer-ticked", ({ detail }) => {
    if (chosen()) chosen().value = detail.selection;
    if (detail.told) {
      const said = document.createElement("p");
      said.className = "message";
      said.textContent = detail.told;
      document.querySelector("#viewer [data-notice]")?.replaceChildren(said);
    }
    htmx.trigger("#list-now", "ask");
  });

  // What the list's page knows by now, of those that are on it.
  const follow = () => {
    const toolbar = part("toolbar");
    if (!isOpen() || toolbar?.dataset.ticked === undefined) return;
    const ticked = new Set(toolbar.dataset.ticked.split(","));
    for (const number of toolbar.querySelector('[name="shown"]').value.split(",")) {
      part(`frame-${number}`)?.classList.toggle("ticked", ticked.has(number));
      const button = part("viewer-select");
      if (button?.dataset.number === number) button.setAttribute("aria-pressed", ticked.has(number));
    }
  };
  for (const name of ["htmx:afterSettle", "htmx:oobAfterSwap"]) {
    document.addEventListener(name, ({ target }) => target.id === "toolbar" && !busy && follow());
  }

  const invert = () => {
    const press = document.querySelector('#toolbar button[value="invert"]');
    if (press) {
      press.click();
      return;
    }
    const boxes = document.querySelectorAll('#tasks input[name="task"]:enabled');
    for (const one of boxes) one.checked = !one.checked;
    boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const enlarge = (by) => {
    const still = part("still");
    if (!still) return;
    zoom = by ? Math.min(Math.max(zoom * by, 1), LARGEST) : 1;
    still.parentElement.classList.toggle("zoomed", zoom > 1);
    // It scrolls then, by keyboard too.
    still.parentElement.tabIndex = zoom > 1 ? 0 : -1;
    still.style.inlineSize = still.style.blockSize = zoom > 1 ? `${zoom * 100}%` : "";
  };

  const step = (frames) => {
    const film = part("film");
    if (!film) return;
    film.pause();
    film.currentTime = Math.max(film.currentTime + frames * FRAME_SECONDS, 0);
  };

  const close = () => {
    if (isOpen()) box().close();
    else part("viewer-close")?.click();
  };

  document.addEventListener("holds-changed", () => {
    if (isOpen()) inTurn(() => show(body().dataset.here));
  });

  // However it was closed. One goes on from where one was.
  let left = null; // Where the focus went then: who is elsewhere by now is left there.
  const tidy = () => {
    if (!box() || !body() || isOpen()) return;
    const { task, list } = body().dataset;
    box().replaceChildren();
    const card = part(`task-${task}`);
    // The page of the list on which one stands by now.
    if (!card) location.assign(current(list));
    else if (left && document.activeElement === left) card.querySelector(".open, a")?.focus();
    left = null;
  };
  document.addEventListener(
    "close",
    ({ target }) => {
      if (target.id !== "viewer") return;
      wanted = false;
      left = document.activeElement;
      if (!busy) tidy();
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    const way = !elsewhere && event.target.closest("[data-view], #viewer [data-go]");
    if (way && box()) {
      event.preventDefault();
      // The second click of a double click would open it once more.
      if (event.detail > 1 && (busy || isOpen()) && way.matches("[data-view]")) return;
      wanted = true;
      inTurn(() => show(way.dataset.go || way.href));
    }
    if (event.target.closest("#viewer [data-closes]")) close();
    const closer = event.target.closest("[data-zoom]");
    if (closer) enlarge(closer.dataset.zoom === "in" ? LARGER : 1 / LARGER);
    if (event.target.id === "still") enlarge(zoom > 1 ? 0 : 2);
    const frame = event.target.closest("[data-frame]");
    if (frame) step(Number(frame.dataset.frame));
  });
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !isOpen() || !event.target.matches("[data-ticks]")) return;
    event.preventDefault();
    event.stopPropagation();
    tick();
  });

  const press = (selector) => document.querySelector(selector)?.click();
  const KEYS = {
    ArrowLeft: () => inTurn(() => go("prev")),
    ArrowRight: () => inTurn(() => go("next")),
    x: tick,
    i: invert,
    h: () => press(".viewer-body [data-hold]"),
    s: () => press("#viewer-star"),
    "+": () => enlarge(LARGER),
    "=": () => enlarge(LARGER),
    "-": () => enlarge(1 / LARGER),
    0: () => enlarge(0),
    ",": () => step(-1),
    ".": () => step(1),
    " ": close,
  };
  const GO_ON = ["ArrowLeft", "ArrowRight", "+", "=", "-", ",", "."]; // While held down; all others do what they do once.
  document.addEventListener("keydown", (event) => {
    const { target, key, defaultPrevented } = event;
    const busyKeys = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    const shown = box() ? isOpen() : body();
    if (!shown || defaultPrevented || busyKeys || document.querySelector("dialog[open]:not(#viewer)")) return;
    const film = target.matches("video") && /^(Arrow| )/.test(key);
    const pressed = key === " " && target.matches("a, button");
    const typed = target.matches("textarea, select, input") || target.isContentEditable;
    const act = KEYS[key.length === 1 ? key.toLowerCase() : key];
    if (!act || film || pressed || typed) return;
    event.preventDefault();
    // While a step is on its way, a key that is held down does not pile up more.
    if (!event.repeat || (GO_ON.includes(key) && !busy)) act();
  });
})();
