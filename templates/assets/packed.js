// The page of a feature in a large atlas: this page's address says which, and the body lies in a shard of 64 bodies
// that our templates have escaped. A shard is a script, as pages on a disk may load nothing else.
// The page is a stub; or, where there are none, 404.html in its place, or f.html with the feature behind a `#`.
(() => {
  "use strict";
  const { COMMON_SCRIPTS, NAME_PATTERN, REDIRECTS, SHARD } = window.atlas.constants;
  const page = document.documentElement;
  const aliased = page.hasAttribute("data-alias");
  const named = () => aliased && new RegExp(`^#(${NAME_PATTERN})/(\\d{1,9})(?:/([a-z0-9-]+))?$`).exec(location.hash);
  const placed = new RegExp(`/f/(${NAME_PATTERN})/(\\d{1,9})(?:\\.html)?$`).exec(location.pathname);
  const target = placed || named();
  const feature = target ? Number(target[2]) : 0;
  const root = aliased && placed ? "../../" : page.dataset.root || "";
  const main = document.querySelector("main");

  const load = (address) =>
    new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = root + address;
      script.onload = done;
      script.onerror = () => fail(new Error(`${address} could not be loaded`));
      document.head.append(script);
    });
  const style = (name) =>
    new Promise((done) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = `${root}assets/${name}.css`;
      link.onload = link.onerror = done;
      document.head.append(link);
    });
  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  };
  const known = (name) => document.querySelector(`script[src$="assets/${name}.js"]`);

  // Bodies are tables: a kind of line has parts that all its lines share, and between these columns, or the number of an
  // earlier column that is equal; each body names the kinds of its lines, which take the rows in order.
  const bodyAt = ([kinds, orders], place) => {
    if (place >= orders.length) throw new Error("this dictionary has no such feature");
    const next = kinds.map(() => 0);
    for (const order of orders.slice(0, place)) for (const kind of order) next[kind] += 1;
    const cut = new Map();
    const columnsOf = (kind) => {
      if (!cut.has(kind))
        cut.set(
          kind,
          kinds[kind].slice(1).map((column) => (typeof column === "number" ? column : column.split("\n"))),
        );
      return cut.get(kind);
    };
    const line = (kind) => {
      const row = next[kind]++;
      const [first, ...parts] = kinds[kind][0];
      const columns = columnsOf(kind);
      const value = (column) => (typeof column === "number" ? columns[column] : column)[row];
      return columns.reduce((text, column, at) => text + value(column) + parts[at], first);
    };
    return orders[place].map(line).join("\n");
  };

  let packed = "";
  window.atlasShard = (_dictionary, _number, text) => {
    packed = text;
  };
  // A body is written as seen from its stub, or without stubs from the site's root; 404.html lies elsewhere.
  const nodesOf = (body) => {
    const made = new DOMParser().parseFromString(body, "text/html");
    for (const name of aliased && root ? ["href", "src", "action"] : []) {
      for (const element of made.querySelectorAll(`[${name}]`)) {
        const address = element.getAttribute(name);
        if (!/^(?:#|[a-z]+:)/i.test(address)) element.setAttribute(name, root + address);
      }
    }
    // Behind the alias an anchor follows the feature, so that the address still says which.
    for (const link of aliased && !placed ? made.querySelectorAll('a[href^="#"]') : []) {
      link.setAttribute("href", `#${target[1]}/${feature}/${link.getAttribute("href").slice(1)}`);
    }
    return [...made.body.childNodes].map((node) => document.adoptNode(node));
  };
  const common = async () => {
    for (const name of COMMON_SCRIPTS) if (!known(name)) await load(`assets/${name}.js`);
  };
  const reveal = (anchor) => {
    const goal = anchor && document.getElementById(anchor);
    if (!goal) return;
    const group = goal.closest("details");
    if (group) group.open = true;
    goal.scrollIntoView();
  };
  const show = async () => {
    const dressed = Promise.all([known("theme") || load("assets/theme.js"), style("site"), style("feature")]);
    await load(`p/${target[1]}/${Math.floor(feature / SHARD)}.js`);
    const nodes = nodesOf(bodyAt(await unpacked(packed), feature % SHARD));
    await dressed;
    page.dataset.root = root;
    const name = `${target[1]}/${feature}`,
      title = nodes.find((node) => node.id === "main").querySelector("h1").textContent;
    if (aliased) document.title = title === name ? name : `${title} · ${name}`;
    document.body.className = "feature";
    document.body.replaceChildren(...nodes);
    dispatchEvent(new Event("atlas-body"));
    await common();
    await load("assets/share.js");
    if (document.querySelector(".rows ol")) await load("assets/trace.js");
    if (document.querySelector(".spoken")) await load("assets/spoken.js");
    reveal(placed ? location.hash.slice(1) : target[3]);
  };
  // No body comes: what the address was copied from can be told all the same.
  const settle = () => {
    main.hidden = false;
    main.dataset.settled = "";
    dispatchEvent(new Event("atlas-body"));
    if (aliased) return common();
  };
  const absent = async () => {
    await load("data/citing.js");
    const { dictionaries } = window.atlas.citing;
    return !Object.hasOwn(dictionaries, target[1]) || feature >= dictionaries[target[1]][1];
  };
  const refuse = async (error) => {
    const gone = await absent().catch(() => false);
    const line = document.createElement("p");
    line.textContent = gone ? "This atlas has no such feature." : `The page cannot be shown: ${error.message}.`;
    (document.getElementById("main") || main).append(line);
    return settle();
  };
  const missing = () => {
    const unknown = document.getElementById("unknown");
    if (unknown) unknown.hidden = !location.hash;
    return settle();
  };

  // A dictionary's former name leads to that of today.
  const today = target && Object.hasOwn(REDIRECTS, target[1]) && REDIRECTS[target[1]];
  const follow = () => {
    if (placed) location.replace(`${root}f/${today}/${feature}.html${location.search}${location.hash}`);
    else location.replace(`#${today}/${feature}${target[3] ? `/${target[3]}` : ""}`);
  };

  main.hidden = Boolean(aliased && target);
  if (today) follow();
  else if (target) show().catch(refuse);
  else if (aliased) missing();
  addEventListener("hashchange", () => {
    const next = !placed && named();
    if (!next) return;
    if (target && next[1] === target[1] && Number(next[2]) === feature) reveal(next[3]);
    else location.reload();
  });
})();
