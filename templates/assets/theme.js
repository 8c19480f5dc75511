// What must be known before the first paint, which waits for it while the page is read on: the theme that the visitor
// chose (without a choice the system's holds), and whether the page stands in a frame of another, `?embed=true`, with or
// without some parts: `embedplots=false` and so on, and in a theme: `embedtheme=dark`. An address with `?v=` was copied from
// here; cited.js tells whether it still shows what was meant.
(() => {
  "use strict";
  const page = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => {
    try {
      return localStorage.getItem("atlas-theme");
    } catch {
      return null;
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  };
  const asked = new URLSearchParams(location.search);
  const embedded = asked.get("embed") === "true";
  apply((embedded && asked.get("embedtheme")) || remembered());
  if (embedded) {
    page.classList.add("embed");
    for (const part of ["plots", "explanation", "activations", "link"]) {
      if (asked.get(`embed${part}`) === "false") page.classList.add(`no-${part}`);
    }
  }
  const change = () => {
    const now = page.dataset.theme || (system.matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    apply(next);
    try {
      localStorage.setItem("atlas-theme", next);
    } catch {
      /* it holds for this page */
    }
  };
  const compare = () => {
    const script = document.createElement("script");
    script.src = `${page.dataset.root || ""}assets/cited.js`;
    document.head.append(script);
  };
  const ready = () => {
    if (asked.has("v")) compare();
    if (embedded) for (const link of document.querySelectorAll("main a:not(.play)")) link.target = "_blank";
    const button = document.querySelector("button.theme[hidden]");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", change);
    // On a phone, whose bar has no room for it, it is the last of the menu.
    const item = Object.assign(document.createElement("li"), { className: "also" });
    const other = Object.assign(document.createElement("button"), { type: "button", textContent: "Light or dark" });
    other.addEventListener("click", change);
    item.append(other);
    document.querySelector(".bar .menu ul").append(item);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
  addEventListener("atlas-body", ready); // the body of a packed page has come, or none will
})();
