// The page of a feature in a large atlas: this stub's address says which, and the body lies in a shard of 64 bodies
// that our templates have escaped. A shard is a script, as pages on a disk may load nothing else.
(() => {
  "use strict";
  const SHARD = 64;
  const root = document.documentElement.dataset.root || "";
  const found = /\/f\/([a-z0-9][a-z0-9._-]*)\/(\d{1,9})(?:\.html)?$/.exec(location.pathname);
  if (!found) return;
  const feature = Number(found[2]);

  const load = (address) => new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = root + address;
    script.onload = done;
    script.onerror = () => fail(new Error(`${address} could not be loaded`));
    document.head.append(script);
  });
  const style = (name) => new Promise((done) => {
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
  const say = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    document.getElementById("main").append(line);
  };

  // Bodies are tables: a kind of line has parts that all its lines share, and between these columns, or the number of an
  // earlier column that is equal; each body names the kinds of its lines, which take the rows in order.
  const bodyAt = ([kinds, orders], place) => {
    if (place >= orders.length) throw new Error("this dictionary has no such feature");
    const next = kinds.map(() => 0);
    for (const order of orders.slice(0, place)) for (const kind of order) next[kind] += 1;
    const cut = new Map();
    const columnsOf = (kind) => {
      if (!cut.has(kind)) cut.set(kind, kinds[kind].slice(1).map((column) => (typeof column === "number" ? column : column.split("\n"))));
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
  window.atlasShard = (_dictionary, _number, text) => { packed = text; };
  const show = async () => {
    const dressed = Promise.all([load("assets/theme.js"), style("site"), style("feature")]);
    await load(`p/${found[1]}/${Math.floor(feature / SHARD)}.js`);
    const body = bodyAt(await unpacked(packed), feature % SHARD);
    await dressed;
    document.body.className = "feature";
    document.body.innerHTML = body;
    dispatchEvent(new Event("atlas-body"));
    for (const name of ["player", "keys", "box", "stars"]) await load(`assets/${name}.js`);
  };
  show().catch((error) => {
    const line = document.createElement("p");
    line.textContent = `The page cannot be shown: ${error.message}.`;
    document.querySelector("main").append(line);
  });
})();
