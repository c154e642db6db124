// What stands beside the table and the strip, fetched anew when a deletion begins, changes its state or ends.
(() => {
  const COPIED = ["[data-results]", "#select-all", "#in-flight"];
  let known = null;

  const states = () =>
    [...document.querySelectorAll('[role="progressbar"][data-code]')]
      .map((bar) => `${bar.dataset.code} ${bar.dataset.state}`)
      .join();

  // Only words are copied: rows, their boxes and the focus stay as they are.
  const refresh = async () => {
    const asked = location.href;
    const answer = await fetch(asked).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (asked !== location.href) return;
    for (const selector of COPIED) {
      const there = fresh.querySelector(selector);
      if (there) document.querySelector(selector)?.replaceChildren(...there.childNodes);
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    known = states();
  });
  document.addEventListener("htmx:afterSettle", () => {
    const now = states();
    if (known !== null && now !== known) refresh();
    known = now;
  });
})();
