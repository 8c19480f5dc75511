// The keys of every page (j and k, r, /, s), the number in the bar, and what closes by a click elsewhere.
// Other scripts change a key by putting a function into `atlas.keys`.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const page = document.documentElement;
  atlas.root = page.dataset.root || "";
  atlas.hash = page.dataset.atlas || "";
  // Where links to a feature such as `block2/1234` lead, from the root.
  atlas.address = (feature) => (page.hasAttribute("data-alias") ? `f.html#${feature}` : `f/${feature}.html`);

  const go = (address) => location.assign(atlas.root + address);
  const follow = (rel) => {
    const link = document.querySelector(`a[rel="${rel}"]`);
    if (link) location.assign(link.href);
  };
  const field = document.querySelector(".find input");
  const number = document.querySelector(".turn input");

  const columns = () =>
    new Promise((done, fail) => {
      if (atlas.column) return done();
      const script = document.createElement("script");
      script.src = `${atlas.root}assets/columns.js`;
      script.onload = done;
      script.onerror = fail;
      document.head.append(script);
    });
  const randomLive = async () => {
    const dictionary = number ? number.dataset.dictionary : page.dataset.dictionary;
    if (!dictionary) return;
    await columns();
    const states = await atlas.column(dictionary, "state");
    const live = [];
    for (let feature = 0; feature < states.length; feature += 1) if (states[feature] === "live") live.push(feature);
    if (live.length) go(atlas.address(`${dictionary}/${live[Math.floor(Math.random() * live.length)]}`));
  };

  atlas.keys = Object.assign(
    {
      j: () => follow("next"),
      k: () => follow("prev"),
      r: randomLive,
      s: () => {
        const star = document.querySelector("main .star");
        if (star) star.click();
      },
      "/": () => field?.focus(),
    },
    atlas.keys,
  );

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
    if (event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable]")) return;
    const action = atlas.keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // Forms go nowhere under the security policy; this one only leads to an address.
  if (number) {
    number.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = Number(number.value);
      const most = Number(number.max);
      if (Number.isInteger(wanted) && wanted >= 0 && wanted <= most)
        go(atlas.address(`${number.dataset.dictionary}/${wanted}`));
      else number.value = number.defaultValue;
    });
    number.addEventListener("focus", () => number.select());
  }

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open], details.cite[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // A link to an example in a closed group opens the group.
  const reveal = () => {
    const goal = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const group = goal?.closest("details:not([open])");
    if (!group) return;
    group.open = true;
    goal.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
