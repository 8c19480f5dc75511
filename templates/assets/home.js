// The first page: its search field is the bar's, and its link leads to a random live feature, as the key r does.
(() => {
  "use strict";
  const { atlas } = window;
  const form = document.querySelector("form.begin-search"),
    bar = document.querySelector(".bar form.find");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    bar.elements.q.value = form.elements.q.value;
    bar.requestSubmit();
  });
  const link = document.querySelector("a.random");
  if (!link) return;
  document.documentElement.dataset.dictionary = link.dataset.dictionary;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    Promise.resolve(atlas.keys.r()).catch(() => location.assign(link.href));
  });
})();
