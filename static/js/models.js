// The models to choose among are those under the other filters, as these stand in the form when somebody opens them. So
// they are asked for anew where the form says something else by then; else what was ticked before stays.
(() => {
  const given = () => new URLSearchParams(new FormData(document.querySelector("[data-filters]"))).toString();

  // It doesn't bubble.
  document.addEventListener(
    "toggle",
    ({ target, newState }) => {
      if (target.id !== "models" || newState !== "open" || target.dataset.given === given()) return;
      target.dataset.given = given();
      // Those before were for another filter, which Apply would bring back.
      for (const before of target.children) before.inert = true;
      htmx.trigger(target, "choose");
    },
    true,
  );

  // A notice says why. It is seen, and so is the field that it may be about, when this closes.
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
    if (elt.id !== "models" || successful) return;
    delete elt.dataset.given;
    elt.hidePopover();
  });
})();
