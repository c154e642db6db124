// Ticks on the task list. The server keeps the selection; this keeps the boxes in step with it.
(() => {
  const RETRY_MS = 5000;
  const boxes = () => [...document.querySelectorAll('#tasks input[name="task"]')];
  const enabled = () => boxes().filter((box) => !box.disabled);
  const header = () => document.querySelector("[data-select-page]");
  let anchor = null;
  let pressed = null;
  let unsent = false;
  let leaving = null;

  const showHeader = () => {
    const box = header();
    if (!box) return;
    const all = enabled();
    const ticked = all.filter((one) => one.checked).length;
    box.disabled = all.length === 0;
    box.checked = all.length > 0 && ticked === all.length;
    box.indeterminate = ticked > 0 && ticked < all.length;
  };

  const tickAll = (checked) => {
    for (const box of enabled()) box.checked = checked;
    showHeader();
  };

  // Cells come in by themselves while a deletion runs; the box beside them is never swapped, only told.
  const followCells = () => {
    for (const box of boxes()) {
      const cell = box.closest("tr").querySelector("[data-deletable]");
      if (!cell) continue;
      box.disabled = cell.dataset.deletable !== "yes";
      box.title = cell.dataset.blocked || "";
      if (box.disabled) box.checked = false;
    }
    showHeader();
    for (const button of document.querySelectorAll("[data-follows]")) {
      button.disabled = document.getElementById(button.dataset.follows)?.dataset.deletable === "no";
    }
  };

  // In the capture phase, so that every box is right before htmx reads the form.
  document.addEventListener(
    "change",
    (event) => {
      if (event.target.matches("[data-select-page]")) tickAll(event.target.checked);
      else if (event.target.matches('#tasks input[name="task"]')) showHeader();
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#selection-form button");
    if (button) pressed = button.name === "action" ? button.value : null;
    // At once, so that a box unticked while the answer is on its way stays unticked.
    if (button && (pressed === "all" || pressed === "clear")) tickAll(pressed === "all");

    const box = event.target.closest('#tasks input[name="task"]');
    if (!box) return;
    const all = enabled();
    if (event.shiftKey && anchor && anchor !== box && all.includes(anchor)) {
      const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    }
    anchor = box;
  });

  // A press that waited behind another request may find its button replaced, and its value with it.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "selection-form") return;
    if (pressed) event.detail.parameters.action = pressed;
    pressed = null;
  });

  // Newer or Older that waits behind a tick is replaced with the pager, and htmx forgets it: it is pressed again.
  document.addEventListener(
    "click",
    (event) => {
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
      leaving = (!elsewhere && event.target.closest("#pager a")?.rel) || null;
    },
    true,
  );
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("#pager a")) leaving = null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const again = leaving && document.querySelector(`#pager a[rel="${leaving}"]`);
    leaving = null;
    again?.click();
  });

  // Refused or unreachable: nothing was selected, so nothing may look so.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig?.parameters?.action === "all" && !event.detail.successful) tickAll(false);
  });
  // Ticks that could not be sent are sent again as soon as that may work: the page must not look other than it is.
  const resend = () => {
    if (!unsent) return;
    unsent = false;
    const box = document.querySelector("#selection-form .table-box");
    box?.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("htmx:sendError", ({ detail }) => {
    if (detail.requestConfig?.parameters?.action !== "update") return;
    unsent = true;
    setTimeout(resend, RETRY_MS);
  });
  window.addEventListener("online", resend);

  // What was selected is now being deleted: the selection has done its work.
  document.addEventListener("deletion-confirmed", () => {
    tickAll(false);
    document.getElementById("clear-selection")?.click();
  });
  document.addEventListener("htmx:afterSettle", followCells);
  document.addEventListener("htmx:oobAfterSwap", followCells);
  document.addEventListener("DOMContentLoaded", followCells);
  // The browser restores old ticks when it goes back; the server's are newer.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
