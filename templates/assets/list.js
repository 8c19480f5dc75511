// A list of features: those of the address, list.html?features=block2/12,block2/77&title=..., or the starred ones.
(() => {
  "use strict";
  const { atlas } = window;
  const { element } = atlas.rows;
  const MOST = 500;
  const root = document.documentElement.dataset.root || "";
  const given = new URLSearchParams(location.search);
  const part = (name) => document.getElementById(name);
  const share = part("share");

  const addressed = () =>
    (given.get("features") || "")
      .split(",")
      .map((name) => today(name.trim()))
      .filter(Boolean);

  const { NAME_PATTERN, REDIRECTS } = atlas.constants;
  const former = new RegExp(`^${NAME_PATTERN}(?=/)`);
  const today = (name) =>
    name.replace(former, (dictionary) => (Object.hasOwn(REDIRECTS, dictionary) ? REDIRECTS[dictionary] : dictionary));

  const linkTo = (names, title) => {
    const query = `features=${names.map((name) => encodeURIComponent(name).replace("%2F", "/")).join(",")}`;
    const of = [...new Set(names.map((name) => name.split("/")[0]))].map((name) => atlas.citing.dictionaries[name]);
    const joined = (place) => of.map((known) => known[place]).join(".");
    const print = names.length ? `&v=${joined(0)}-${joined(4)}` : "";
    return `${location.href.split(/[?#]/)[0]}?${query}${print}${title ? `&title=${encodeURIComponent(title)}` : ""}`;
  };
  atlas.shared = () => {
    const { link, title } = share.elements;
    return { address: `list.html?${link.value.split("?")[1]}`, title: title.value.trim() || document.title };
  };

  // The features that this atlas has, in order, each once; and the names that it does not know.
  const sorted = (names, dictionaries) => {
    const sizes = new Map(dictionaries.map((entry) => [entry.name, entry.features]));
    const items = [],
      unknown = [];
    for (const name of new Set(names)) {
      const match = /^([^/]+)\/(\d{1,9})$/.exec(name);
      if (match && Number(match[2]) < (sizes.get(match[1]) || 0))
        items.push({ dictionary: match[1], feature: Number(match[2]) });
      else unknown.push(name);
    }
    return { items: items.slice(0, MOST), left: Math.max(items.length - MOST, 0), unknown };
  };

  const reason = async ({ dictionary, feature }) => {
    const { best_label: best, auroc, q } = await atlas.columns(dictionary, ["best_label", "auroc", "q"]);
    const { unit, probability } = atlas.figures;
    return best[feature]
      ? [element("bdi", {}, best[feature]), ` AUROC ${unit(auroc[feature])}, q ${probability(q[feature])}`]
      : ["no label of clips stands out"];
  };

  const say = (own, { items, left, unknown }) => {
    const { counted } = atlas.figures;
    const parts = [
      own && !items.length
        ? "No feature is starred yet. The star beside a feature, or the key s on its page, puts it here. Stars stay in this browser; a link shares them."
        : counted(items.length, "feature"),
    ];
    if (own && items.length) parts.push("starred in this browser; the link shows them to others");
    if (left) parts.push(`${left} more are left out`);
    if (unknown.length)
      parts.push(
        `this atlas has no ${unknown.slice(0, 5).join(", ").slice(0, 200)}${unknown.length > 5 ? " and others" : ""}`,
      );
    part("said").textContent = parts.join("; ");
    if (own && !items.length)
      part("said").append(
        " Begin with ",
        element("a", { href: `${root}search.html` }, "the search"),
        " or ",
        element("a", { href: `${root}index.html` }, "what is worth hearing"),
        ".",
      );
  };

  const show = async () => {
    const own = !given.has("features");
    const names = own ? [...atlas.starred()] : addressed();
    const title = (given.get("title") || (own ? "Starred features" : "A list of features")).slice(0, 200);
    part("title").textContent = title;
    document.title = title;
    try {
      const list = sorted(
        names,
        (await atlas.index()).dictionaries.filter((entry) => entry.name),
      );
      say(own, list);
      const items = await Promise.all(list.items.map(async (item) => ({ ...item, why: await reason(item) })));
      (await atlas.rows.fill(part("rows"), items))();
      share.hidden = !items.length;
      document.querySelector(".sharing").hidden = !items.length;
      if (!share.title.value) share.elements.title.value = title;
      showLink(items);
    } catch (error) {
      part("said").textContent = `The data of this site could not be loaded: ${error.message}.`;
    }
  };

  let listed = [];
  const showLink = (items) => {
    listed = items.map(({ dictionary, feature }) => `${dictionary}/${feature}`);
    share.elements.link.value = linkTo(listed, share.elements.title.value.trim());
    dispatchEvent(new Event("atlas-address"));
  };

  share.elements.title.addEventListener("input", () => {
    share.elements.link.value = linkTo(listed, share.elements.title.value.trim());
    dispatchEvent(new Event("atlas-address"));
  });
  share.addEventListener("submit", (event) => event.preventDefault());
  part("copy").addEventListener("click", async () => {
    share.elements.link.select();
    let copied = false;
    try {
      await navigator.clipboard.writeText(share.elements.link.value);
      copied = true;
    } catch {
      copied = document.execCommand("copy");
    }
    part("copy").textContent = copied ? "Copied" : "Press Ctrl C";
  });
  if (!given.has("features")) addEventListener("atlas-stars", show);
  show();
})();
