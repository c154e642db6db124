// A field of a filter that can't be used is marked as long as the notice says so, and described by what it says.
(() => {
  const fields = () => document.querySelectorAll("[data-filters] :is(input, select)");

  const describe = (field, id, on) => {
    const ids = (field.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
    if (on) ids.push(id);
    if (ids.length) field.setAttribute("aria-describedby", ids.join(" "));
    else field.removeAttribute("aria-describedby");
  };

  const mark = () => {
    const wrong = document.querySelector("#notice [data-wrong]")?.dataset.wrong.split(" ") || [];
    for (const field of fields()) {
      const marked = field.hasAttribute("data-marked");
      const on = wrong.includes(field.id);
      if (marked === on) continue;
      field.toggleAttribute("data-marked", on);
      if (on) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
      describe(field, "notice", on);
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(mark).observe(document.querySelector(".notices"), { childList: true, subtree: true });
  });
})();
