// Ticks on the task list. The server keeps the selection; this keeps the boxes in step with it.
(() => {
  const boxes = () => [...document.querySelectorAll('#tasks input[name="task"]')];
  const enabled = () => boxes().filter((box) => !box.disabled);
  const header = () => document.querySelector("[data-select-page]");
  let anchor = null;
  let changes = 0; // How often somebody changed boxes,
  let told = 0; // and how many of these changes the server has answered.
  const changed = new Map(); // The number of each box's last change,
  let before = new Set(); // and what was ticked when boxes were last looked at.
  const presses = new WeakMap(); // How many there were when a button of `shown` was pressed.

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
  };
  const look = () => {
    for (const { value, checked } of boxes()) if (checked !== before.has(value)) changed.set(value, changes);
    remember();
  };
  const remember = () => {
    before = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  };

  // Boxes are never swapped, only told: by the cell beside each whether it can be ticked, and by the toolbar, which the
  // server sent last, whether it is. One that was changed since the last answer is on its way, and stays; all others
  // follow, since what is sent next is what differs from that toolbar.
  const followServer = () => {
    const ticked = document.getElementById("toolbar")?.dataset.ticked;
    const known = new Set(ticked?.split(","));
    for (const box of boxes()) {
      const cell = box.closest('[id^="task-"]').querySelector("[data-deletable]");
      box.disabled = ticked === undefined || cell.dataset.deletable !== "yes";
      box.title = cell.dataset.blocked || "";
      if (box.disabled) box.checked = false;
      else if (!(changed.get(box.value) > told)) box.checked = known.has(box.value);
    }
    remember();
    showHeader();
    for (const button of document.querySelectorAll("[data-follows]")) {
      button.disabled = document.getElementById(button.dataset.follows)?.dataset.deletable === "no";
    }
  };

  // In the capture phase, so that every box is right before htmx reads the form.
  document.addEventListener(
    "change",
    (event) => {
      if (!event.target.matches('[data-select-page], #tasks input[name="task"]')) return;
      changes += 1;
      if (event.target.matches("[data-select-page]")) tickAll(event.target.checked);
      showHeader();
      look();
    },
    true,
  );

  // What a press does to this page's boxes is shown at once, so that one unticked while it is on its way stays unticked.
  // The request is made in between, of the boxes as they were.
  const shown = { all: true, add: true, remove: false, clear: false };
  const pressed = ({ target, submitter }) => target.id === "selection-form" && submitter?.name === "action" && submitter.value;
  document.addEventListener(
    "submit",
    (event) => {
      if (!(pressed(event) in shown)) return;
      changes += 1;
      presses.set(event, changes);
    },
    true,
  );
  document.addEventListener("submit", (event) => {
    if (!(pressed(event) in shown)) return;
    tickAll(shown[pressed(event)]);
    showHeader();
    look();
  });

  document.addEventListener("click", (event) => {
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
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!detail.elt.matches("#selection-form, #selection-form *")) return;
    const { submitter } = detail.triggeringEvent || {};
    detail.changes = presses.get(detail.triggeringEvent) ?? changes;
    if (detail.elt.id === "selection-form" && submitter?.name) detail.parameters[submitter.name] = submitter.value;
  });
  // All wait for their turn, and none takes another's place. A tick that an earlier request told of needs none of its own.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.hasAttribute("data-ticks") && changes === told) event.preventDefault();
  });

  // Refused or unanswered, the boxes return to what the server said last; it is asked again (`agreeing.js`).
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr, requestConfig } }) => {
    // Before what waits behind it is sent.
    if (elt.id === "list-now") followServer();
    // Another page of the list is on its way, and brings boxes of its own.
    if (requestConfig?.changes === undefined || xhr.getResponseHeader("HX-Location")) return;
    told = !xhr.status || xhr.status >= 400 ? changes : requestConfig.changes;
    followServer();
  });

  // What was selected is now being deleted: the selection has done its work.
  document.addEventListener("deletion-confirmed", () => {
    const toolbar = document.getElementById("toolbar");
    if (toolbar) toolbar.dataset.ticked = "";
    followServer();
  });
  // An answer tells of every row's cell: boxes follow once it is there, and not once for each cell.
  let due = false;
  const followSoon = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      followServer();
    });
  };
  document.addEventListener("htmx:afterSettle", followSoon);
  document.addEventListener("htmx:oobAfterSwap", followSoon);
  document.addEventListener("DOMContentLoaded", followServer);
  // The browser restores old ticks when it goes back; the server's are newer. Until then `leaving.js` takes no new ones.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
