// What was held or released is told, and the page follows: the list is asked for anew, any other page loads again.
(() => {
  document.addEventListener("holds-changed", ({ detail }) => {
    if (!document.getElementById("list-now")) {
      location.reload();
      return;
    }
    const said = document.createElement("p");
    said.className = "message success";
    said.textContent = detail.told;
    document.getElementById("notice").replaceChildren(said);
  });
})();
