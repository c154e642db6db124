// A form with data-passkey asks the server for options, then the browser for a passkey, and sends what it answered.
(() => {
  const possible = window.PublicKeyCredential?.parseCreationOptionsFromJSON && !/^[\d.]+$|^\[/.test(location.hostname);
  if (!possible) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) form.hidden = false;

  const ask = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) return null;
    const { publicKey } = await answer.json();
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
    return JSON.stringify(credential.toJSON());
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]")) return;
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    const told = form.querySelector("[data-passkey-error]");
    button.disabled = true;
    told.textContent = "";
    try {
      const answer = await ask(form);
      // Without one the session has ended, or is too old for this: the server says which.
      form.elements.credential.value = answer || "";
      form.submit();
    } catch (error) {
      told.textContent =
        error.name === "InvalidStateError"
          ? "This device has a passkey of this account already."
          : "No passkey was used. Try again, or use another way.";
    } finally {
      button.disabled = false;
    }
  });
})();
