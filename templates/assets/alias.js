// f.html#block2/1234 leads to f/block2/1234.html.
(() => {
  "use strict";
  const { NAME_PATTERN } = window.atlas.constants;
  const follow = () => {
    const match = new RegExp(`^#(${NAME_PATTERN})/(\\d{1,9})$`).exec(location.hash);
    if (match) location.replace(`f/${match[1]}/${Number(match[2])}.html`);
    else document.getElementById("unknown").hidden = !location.hash;
  };
  addEventListener("hashchange", follow);
  follow();
})();
