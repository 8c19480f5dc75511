// The keys of every page (j and k, r, /, s, ?), the number in the bar, and what closes by a click elsewhere.
// Other scripts change a key by putting a function into `atlas.keys`, and say what theirs do in `atlas.keyHelp`, a list
// of [keys, words].
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

  // The keys of this page: what it has no use for is left out.
  const has = (selector) => document.querySelector(selector) !== null;
  const described = () =>
    [
      has("a.play[href]") && ["Space", "play or stop the sound"],
      has("a.play[href]") && ["Shift Space", "play from two seconds earlier"],
      has(".rows svg.pic") && ["← →", "with a play button in focus: along its trace"],
      has(".turn") && ["j k", "next feature, previous feature"],
      (number || page.dataset.dictionary) && ["r", "a random live feature"],
      has("main .star") && ["s", "star, or take the star away"],
      field && ["/", "search"],
      ...(atlas.keyHelp || []),
      ["Esc", "stop the sound, close what is open"],
      ["?", "these keys"],
    ].filter(Boolean);
  let help = null;
  const element = (name, values, ...content) => {
    const made = Object.assign(document.createElement(name), values);
    made.append(...content);
    return made;
  };
  const showHelp = () => {
    if (help?.open) return help.close();
    help?.remove();
    const lines = described().map(([keys, words]) => {
      const names = keys.split(" ").flatMap((key) => [element("kbd", { textContent: key }), " "]);
      return element("div", {}, element("dt", {}, ...names), element("dd", { textContent: words }));
    });
    const shut = element("button", { type: "button", className: "shut", textContent: "×" });
    shut.setAttribute("aria-label", "Close");
    shut.addEventListener("click", () => help.close());
    help = element(
      "dialog",
      { className: "keys" },
      element("h2", { id: "keys" }, "Keys"),
      shut,
      element("dl", {}, ...lines),
    );
    help.setAttribute("aria-labelledby", "keys");
    help.addEventListener("click", (event) => event.target === help && help.close());
    document.body.append(help);
    help.showModal();
  };
  const helper = document.querySelector(".bar .help");
  if (helper) {
    helper.hidden = false;
    helper.addEventListener("click", showHelp);
  }

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
      "?": showHelp,
    },
    atlas.keys,
  );

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
    if (event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable]")) return;
    const action = atlas.keys[event.key];
    if (!action || (help?.open && event.key !== "?")) return;
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
    for (const menu of document.querySelectorAll("details.menu[open], details.sharing[open]")) {
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
