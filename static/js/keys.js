// Shortcuts, only while nobody types. None of them deletes.
(() => {
  const typing = (target) =>
    target.isContentEditable || target.matches('textarea, select, input:not([type="checkbox"], [type="radio"])');
  const TASKS = "#tasks tbody tr, #tasks > .tile";
  const rows = () => [...document.querySelectorAll(TASKS)];
  const here = () => document.activeElement?.closest(TASKS);

  const move = (step) => {
    const all = rows();
    const at = all.indexOf(here());
    const next = at === -1 ? all[0] : all[Math.min(Math.max(at + step, 0), all.length - 1)];
    const focusable = next?.querySelector(".open, input[name=task]:not(:disabled)") || next?.querySelector("a");
    focusable?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  // It closes what is told, and never discards work.
  const close = () => document.querySelector("#notice > *") && document.querySelector("[data-dismiss]")?.click();
  const star = () =>
    (here()?.querySelector("button.star") || document.querySelector("button[data-star]"))?.click();

  // What is selected, else the task that the focus is on.
  const hold = () => {
    const all = document.querySelector("[data-hold]");
    const row = here()?.id.replace("task-", "");
    const { holdUrl } = document.getElementById("toolbar")?.dataset || {};
    if (all || !row || !holdUrl) all?.click();
    else htmx.ajax("POST", holdUrl, { target: "#dialog", swap: "outerHTML", values: { one: row } });
  };

  const keys = {
    "/": () => document.getElementById("id_q")?.select(),
    j: () => move(1),
    k: () => move(-1),
    s: star,
    h: hold,
    x: () => here()?.querySelector('input[name="task"]:not(:disabled)')?.click(),
    "?": () => document.getElementById("shortcuts")?.togglePopover(),
    Escape: close,
  };
  const WALKS = ["j", "k"]; // Held down, these go on; all others do what they do once.

  document.addEventListener("keydown", (event) => {
    const busy = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (busy || typing(event.target)) return;
    // An open dialog or popover has its own use for Esc.
    if (document.querySelector("dialog[open], :popover-open") && event.key !== "?") return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    if (!event.repeat || WALKS.includes(event.key)) act();
  });
})();
