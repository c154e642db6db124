// What somebody presses stays until it is released. Replaced in between, as parts that follow the server are, it would
// get no click, or another button in its place would. So answers that come meanwhile wait, and keep their order.
(() => {
  const PRESSED = "a[href], button, label, summary, input:is([type=checkbox], [type=radio])";
  const CLICK_MS = 50; // The click of a finger comes a little after its release.
  const pressed = new Set();
  const waiting = [];

  const answer = () => {
    // Each by itself: one that fails must not take the others along.
    if (!pressed.size) for (const one of waiting.splice(0)) queueMicrotask(one);
  };
  const press = (what, { target }) => target.closest?.(PRESSED) && pressed.add(what);
  const release = (what) => pressed.delete(what) && setTimeout(answer, CLICK_MS);
  const releaseAll = () => {
    pressed.clear();
    answer();
  };

  document.addEventListener("htmx:beforeSend", ({ detail: { xhr } }) => {
    const { onload } = xhr;
    xhr.onload = (event) => {
      // Taken back while it waited, it is empty.
      const one = () => (xhr.readyState === XMLHttpRequest.DONE ? onload : xhr.onabort).call(xhr, event);
      if (pressed.size || waiting.length) waiting.push(one);
      else one();
    };
  });

  document.addEventListener("pointerdown", (event) => event.button || press(event.pointerId, event), true);
  document.addEventListener("keydown", (event) => event.key === " " && press(event.key, event), true);
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, ({ pointerId }) => release(pointerId), true);
  }
  document.addEventListener("keyup", ({ key }) => release(key), true);
  // A release that the page was not told of.
  document.addEventListener("pointermove", ({ buttons, pointerId }) => buttons || release(pointerId), true);
  addEventListener("blur", releaseAll);
})();
