// What somebody presses stays until it is released, and what somebody has asked for keeps its place until it is answered:
// parts that follow the server are replaced all the time. A button that is replaced while it is pressed gets no click, or
// another in its place does; an answer that has lost its place is neither shown nor, if it is a refusal, told.
(() => {
  const BY_SPACE = "button, summary, input:is([type=checkbox], [type=radio])";
  const BY_POINTER = `a[href], label, ${BY_SPACE}`;
  const CLICK_MS = 50; // The click of a finger comes a little after its release.
  const LONGEST_MS = 5000; // Whatever a page is not told of: what it shows must not stand still.
  const pressed = new Map();
  const waiting = [];

  const answer = () => {
    // Each by itself: one that fails must not take the others along.
    if (!pressed.size) for (const one of waiting.splice(0)) queueMicrotask(one);
  };
  const press = (by, target, pressable) => {
    if (!target.closest?.(pressable)) return;
    clearTimeout(pressed.get(by));
    pressed.set(by, setTimeout(over, LONGEST_MS, by));
  };
  const release = (by) => {
    if (!pressed.has(by)) return;
    clearTimeout(pressed.get(by));
    pressed.delete(by);
    const click = Symbol("click");
    pressed.set(click, setTimeout(over, CLICK_MS, click));
  };
  const over = (by) => {
    pressed.delete(by);
    answer();
  };

  // What somebody asked for there tells more, or brings another page; and a part that asks by itself asks again.
  const isPoll = ({ elt, requestConfig }) =>
    elt.hasAttribute("data-poll") && requestConfig.verb === (elt.dataset.poll || "get");
  const isOutdone = (detail) => isPoll(detail) && detail.target.querySelector(".htmx-request:not([data-poll])");

  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    const { xhr } = detail;
    const { onload } = xhr;
    xhr.onload = () => {
      const one = () => {
        if (isOutdone(detail)) xhr.abort();
        // Taken back, it is empty.
        if (xhr.readyState === XMLHttpRequest.DONE) onload.call(xhr);
        else xhr.onabort();
      };
      if (pressed.size || waiting.length) waiting.push(one);
      else one();
    };
  });

  document.addEventListener(
    "pointerdown",
    ({ button, pointerId, target }) => button || press(pointerId, target, BY_POINTER),
    true,
  );
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, ({ pointerId }) => release(pointerId), true);
  }
  // A release that the page was not told of.
  document.addEventListener("pointermove", ({ buttons, pointerId }) => buttons || release(pointerId), true);
  document.addEventListener(
    "keydown",
    ({ code, repeat, target }) => code === "Space" && !repeat && press(code, target, BY_SPACE),
    true,
  );
  document.addEventListener("keyup", ({ code }) => release(code), true);
  addEventListener("blur", () => [...pressed.keys()].forEach(release));

  // What a press opens or closes must not be answered by its rest, by a key that is still held down or by the second half
  // of a double click. In a text that was there before a key repeats; letters are `keys.js`'s and `viewer.js`'s.
  const TEXT = "textarea, input:not([type=checkbox], [type=radio])";
  const drop = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  let began = null;
  const answersItself = ({ key, target }) => {
    const presses = ["Enter", "Escape"].includes(key);
    if (target !== began) return presses || (key.length === 1 && target.matches(TEXT));
    return presses && !target.matches("textarea");
  };
  document.addEventListener(
    "keydown",
    (event) => {
      if (!event.repeat) began = event.target;
      else if (answersItself(event)) drop(event);
    },
    true,
  );
  let clickedIn = null;
  document.addEventListener(
    "click",
    (event) => {
      const dialog = event.target.closest("dialog");
      if (event.detail > 1 && dialog !== clickedIn) drop(event);
      else clickedIn = dialog;
    },
    true,
  );
})();
