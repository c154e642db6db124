// A long list of boxes, narrowed while somebody types. What is ticked stays in sight.
(() => {
  document.addEventListener("input", ({ target }) => {
    const list = target.dataset?.narrows && document.getElementById(target.dataset.narrows);
    if (!list) return;
    const wanted = target.value.trim().toLowerCase();
    for (const row of list.children) {
      row.hidden = !row.querySelector(":checked") && !row.textContent.toLowerCase().includes(wanted);
    }
  });

  // Looking for a name is no answer yet.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.dataset?.narrows) event.preventDefault();
  });
})();
