// What changes by itself: errors in place, the lost connection, announcements, and small conveniences.
(() => {
  const MARKS = [25, 50, 75, 100];
  const heard = new Map();

  const say = (text) => {
    const status = document.getElementById("status");
    if (status && text && status.textContent !== text) status.textContent = text;
  };

  const resultsShown = () => document.querySelector("[data-results]")?.textContent.trim().replace(/\s+/g, " ");

  const noticeBox = () => document.querySelector("dialog[open] [data-notice]") || document.getElementById("notice");

  const isPoll = ({ verb, elt }) => elt.hasAttribute("data-poll") && verb === (elt.dataset.poll || "get");

  const tell = (sentence) => {
    const said = document.createElement("p");
    said.className = "message bad";
    said.textContent = sentence;
    noticeBox()?.replaceChildren(said);
  };

  // A sentence that was sent instead of what was asked for must not replace it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event;
    if (detail.xhr.status < 400 || /^\s*<dialog\b/.test(detail.serverResponse)) return;
    // What has no sentence for this place is the answer of a server between us. It isn't swapped, since what was asked
    // for may have said which part of it is wanted.
    detail.shouldSwap = /^\s*<p[^>]* data-error>/.test(detail.serverResponse);
    detail.target = noticeBox();
    detail.swapOverride = "innerHTML";
    detail.selectOverride = "unset";
    if (detail.shouldSwap) return;
    // Nobody did anything: the page asked by itself, and will again.
    if (isPoll(detail.requestConfig)) {
      document.getElementById("offline").hidden = false;
      return;
    }
    tell(`The dashboard did not do this (${detail.xhr.status}). This page shows what it knows; try again in a moment.`);
  });

  // The next answer that works takes the last complaint away, before it says what it has to say itself.
  document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr, requestConfig } }) => {
    document.getElementById("offline").hidden = true;
    if (xhr.status < 400 && !isPoll(requestConfig)) document.getElementById("notice")?.replaceChildren();
  });

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, ({ detail: { elt } }) => {
      document.getElementById("offline").hidden = false;
      if (elt.hasAttribute("data-poll")) return;
      tell("No answer came to what you did last. This page shows what the dashboard knows.");
    });
  }

  const announceProgress = () => {
    for (const bar of document.querySelectorAll('[role="progressbar"][data-code]')) {
      const { code, failures, state } = bar.dataset;
      const percent = Number(bar.getAttribute("aria-valuenow"));
      const mark = MARKS.filter((one) => percent >= one).pop() || 0;
      const before = heard.get(code);
      const failed = Number(failures) > 0;
      heard.set(code, { mark, failed, state });
      if (!before) continue;
      if (state === "cancelled") {
        if (before.state !== state) say(`Deletion ${code} undone.`);
      } else if (failed && !before.failed) say(`Deletion ${code}: the first tasks were refused or got no answer.`);
      else if (mark > before.mark) say(`Deletion ${code}: ${mark} % done.`);
    }
  };

  const announce = () => {
    announceProgress();
    const words = document.querySelector("#toolbar [data-announce]");
    if (words && words.textContent.trim() !== heard.get("words")) {
      const first = !heard.has("words");
      heard.set("words", words.textContent.trim());
      if (!first) say(words.textContent.trim());
    }
  };

  const foldFilters = (narrow) => {
    for (const filters of document.querySelectorAll("details.filters")) {
      filters.open = !narrow.matches;
      filters.toggleAttribute("data-fitted", true);
    }
  };
  const narrow = matchMedia("(width <= 48rem)");
  narrow.addEventListener("change", foldFilters);

  document.addEventListener("DOMContentLoaded", () => {
    foldFilters(narrow);
    announce();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "main") {
      foldFilters(narrow);
      say(resultsShown());
    } else if (event.detail.requestConfig?.elt.id === "total") say(resultsShown());
    announce();
  });

  // Empty fields say nothing; the address then holds only what narrows the list.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("[data-filters]")) return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) {
      document.getElementById("notice").replaceChildren();
      document.getElementById("main").focus({ preventScroll: true });
    }

    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => say(copy.dataset.copied || "Task id copied."));
  });
})();
