// 404.html stands at whatever address was asked for, so where the config does not say where the site is published, its
// links fit one depth alone. It asks for this script at several: the one that is there tells where the site begins.
(() => {
  "use strict";
  const page = document.documentElement;
  const root = new URL("..", document.currentScript.src).href;
  const before = page.dataset.root;
  if ("found" in page.dataset) return;
  page.dataset.found = "";
  if (new URL(before || ".", location.href).href === root) return;
  page.dataset.root = root;
  for (const name of ["href", "src", "action"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const address = element.getAttribute(name);
      if (/^(?:#|[a-z]+:)/i.test(address) || /assets\/lost\.js$/.test(address)) continue;
      const found = root + address.slice(before.length);
      // A script that was not found is not asked for again; another in its place is.
      if (element.matches("script"))
        element.replaceWith(Object.assign(document.createElement("script"), { src: found, async: false }));
      else element.setAttribute(name, found);
    }
  }
})();
