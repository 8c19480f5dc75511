// A button beside each text that is to be taken along, `data-copy` naming it. Where the browser forbids copying, the text
// is selected.
(() => {
  "use strict";
  for (const text of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-live", "polite");
    button.setAttribute("aria-label", `Copy ${text.dataset.copy}`);
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent.trim());
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected";
      }
      button.removeAttribute("aria-label");
    });
    text.after(button);
  }
})();
