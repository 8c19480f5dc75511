// The search box of the bar: leads to the search page, or right to a feature that is named in full.
(() => {
  "use strict";
  const { NAME_PATTERN, REDIRECTS } = window.atlas.constants;
  const root = document.documentElement.dataset.root || "";
  const form = document.querySelector(".bar form.find");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // the security policy lets no form be sent
    const text = form.elements.q.value.trim();
    const named = new RegExp(`^(${NAME_PATTERN})/(\\d{1,9})$`).exec(text);
    if (named && Object.hasOwn(REDIRECTS, named[1])) named[1] = REDIRECTS[named[1]];
    const known = named && [...document.querySelectorAll(".bar .menu a")].some((link) => link.textContent === named[1]);
    location.assign(
      known
        ? root + window.atlas.address(`${named[1]}/${Number(named[2])}`)
        : `${root}search.html${text ? `?q=${encodeURIComponent(text)}` : ""}`,
    );
  });
})();
