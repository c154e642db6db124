// Tells a person that a deletion of theirs has ended: on the page, and in the window's title until the page was seen.
(() => {
  const UNDER_WAY = ["scheduled", "running", "paused"];
  const STAYS_MS = 20_000;
  let known = new Map();
  let title = null; // As it was before.
  let due = null;

  const words = (element) => element?.textContent.trim().replace(/\s+/g, " ") || "";

  // Without a strip nothing is known of what goes on.
  const cards = () => {
    const bars = document.querySelectorAll('#strip [role="progressbar"][data-code]');
    return new Map(
      [...bars].map(({ dataset, parentElement: card }) => [
        dataset.code,
        {
          state: dataset.state,
          failed: Number(dataset.failures) > 0,
          results: [...card.querySelectorAll(".counts li")].map(words).join(", "),
          url: card.querySelector("a[href]").href,
        },
      ]),
    );
  };

  const forget = () => {
    clearTimeout(due);
    due = null;
    document.getElementById("finished").replaceChildren();
    if (title !== null) document.title = title;
    title = null;
  };
  // Counted from when somebody can see it.
  const forgetLater = () => {
    if (title !== null && document.visibilityState === "visible") due ??= setTimeout(forget, STAYS_MS);
  };

  const tell = (code, { failed, results, url }, seen) => {
    const sentence = seen ? `Deletion ${code} finished: ${results}.` : `Deletion ${code} has ended.`;
    const said = document.createElement("p");
    said.className = seen && !failed ? "message good" : "message";
    const text = document.createElement("span");
    text.textContent = sentence;
    const details = document.createElement("a");
    details.href = url;
    details.textContent = "Details";
    const dismiss = document.createElement("button");
    dismiss.type = "button";
    dismiss.className = "button link";
    dismiss.textContent = "Dismiss";
    dismiss.addEventListener("click", () => {
      forget();
      document.getElementById("main").focus({ preventScroll: true });
    });
    said.append(text, " ", details, " ", dismiss);
    document.getElementById("finished").replaceChildren(said);
    title ??= document.title;
    document.title = `✓ Deletion ${code} ${seen ? "finished" : "has ended"} · ${title}`;
    forgetLater();
  };

  const look = () => {
    if (!document.getElementById("strip")) return;
    const now = cards();
    for (const [code, before] of known) {
      const after = now.get(code);
      // Who undoes one sees that it is done.
      if (!UNDER_WAY.includes(before.state) || UNDER_WAY.includes(after?.state) || after?.state === "cancelled") continue;
      tell(code, after || before, Boolean(after));
    }
    known = now;
  };

  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("visibilitychange", forgetLater);
})();
