// Ages go on while a page is open, by the server's clock: this machine's may be wrong. The words are those of age.py.
(() => {
  const EVERY_MS = 10000;
  const STEPS = [
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"],
  ];
  let ahead = 0;

  const words = (seconds) => {
    for (const [size, unit] of STEPS) {
      const number = Math.floor(Math.abs(seconds) / size);
      if (!number) continue;
      const told = `${number.toLocaleString("en")} ${unit}${number === 1 ? "" : "s"}`;
      return seconds > 0 ? `${told} ago` : `in ${told}`;
    }
    return "just now";
  };

  const show = () => {
    const now = Date.now() - ahead;
    for (const age of document.querySelectorAll("time[data-age]")) {
      const text = words((now - Date.parse(age.dateTime)) / 1000);
      if (age.textContent !== text) age.textContent = text;
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    ahead = Date.now() - Date.parse(document.body.dataset.now);
    setInterval(show, EVERY_MS);
  });
  document.addEventListener("visibilitychange", show);
})();
