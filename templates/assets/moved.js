// An address of a dictionary's former name leads to that of today, with all that follows it.
(() => {
  "use strict";
  const { href } = document.querySelector("a");
  location.replace(href + location.search + location.hash);
})();
