// The visitor's own stars, kept in this browser under the atlas's hash; without storage they last as long as the page.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const place = `atlas-stars-${document.documentElement.dataset.atlas}`;
  let passing = [];

  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(place) || "[]");
      return Array.isArray(kept) ? kept.filter((name) => typeof name === "string") : [];
    } catch {
      return passing;
    }
  };
  const write = (names) => {
    passing = names;
    try {
      localStorage.setItem(place, JSON.stringify(names));
    } catch {
      /* they last as long as the page */
    }
  };

  // The names of starred features, in the order in which they were starred.
  atlas.starred = () => new Set(read());

  // Star a feature or take its star away; says whether it is starred now.
  atlas.star = (name) => {
    const names = read().filter((other) => other !== name);
    const on = names.length === read().length;
    write(on ? [...names, name] : names);
    atlas.showStars();
    dispatchEvent(new Event("atlas-stars"));
    return on;
  };

  // The bar tells how many there are.
  const count = (number) => {
    for (const place of document.querySelectorAll(".bar .count")) place.textContent = number || "";
  };

  // Every button with `data-star` shows whether its feature is starred.
  atlas.showStars = (within = document) => {
    const starred = atlas.starred();
    count(starred.size);
    for (const button of within.querySelectorAll("[data-star]")) {
      const on = starred.has(button.dataset.star);
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? "★" : "☆";
      button.hidden = false;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-star]");
    if (button) atlas.star(button.dataset.star);
  });
  addEventListener("storage", (event) => {
    if (event.key === place) atlas.showStars();
  });
  atlas.showStars();
})();
