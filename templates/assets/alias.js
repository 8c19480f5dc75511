// f.html#block2/1234 leads to f/block2/1234.html, with what was asked for behind it.
(() => {
  "use strict";
  const { NAME_PATTERN, REDIRECTS } = window.atlas.constants;
  const follow = () => {
    const match = new RegExp(`^#(${NAME_PATTERN})/(\\d{1,9})(?:/([a-z0-9-]+))?$`).exec(location.hash);
    if (!match) {
      document.getElementById("unknown").hidden = !location.hash;
      return;
    }
    const [, name, number, anchor] = match;
    const today = Object.hasOwn(REDIRECTS, name) ? REDIRECTS[name] : name;
    location.replace(`f/${today}/${Number(number)}.html${location.search}${anchor ? `#${anchor}` : ""}`);
  };
  addEventListener("hashchange", follow);
  follow();
})();
