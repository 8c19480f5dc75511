// What a paper prints of a feature: its address, where the site's config knows none but the page is served from one, and
// a button that copies the line. Where the browser forbids that, the line is selected.
(() => {
  "use strict";
  const line = document.querySelector(".cite p");
  if (!line) return;
  const unknown = line.querySelector("span");
  const own = document.querySelector(".head .open").href; // without what was asked for behind it, also behind an alias
  if (unknown && /^https?:/.test(own)) unknown.textContent = own;

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-live", "polite");
  button.textContent = "Copy";
  const select = () => {
    getSelection().selectAllChildren(line);
    button.textContent = "Selected";
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line.textContent);
      button.textContent = "Copied";
    } catch {
      select();
    }
  });
  line.after(button);
})();
