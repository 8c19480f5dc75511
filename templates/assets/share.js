// The Share panel: everything by which a page is linked and cited, a line each with a button that copies it. It is put
// together when it is first opened, from the page's title and address and from data/citing.js.
(() => {
  "use strict";
  const { atlas } = window;
  const { SHARD } = atlas.constants;
  const panel = document.querySelector("details.sharing");
  if (!panel) return;
  const page = document.documentElement;
  const root = page.dataset.root || "";
  const here = new URL(root || ".", location.href).href;
  const number = document.querySelector(".turn input");
  const name = number && `${number.dataset.dictionary}/${number.defaultValue}`;

  // Texts as each format wants them.
  const SIGNS = {
    "\\": "\\textbackslash{}",
    "{": "\\textbraceleft{}",
    "}": "\\textbraceright{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
  };
  const latex = (text) => text.replace(/[&%$#_\\{}~^<>|]/g, (sign) => SIGNS[sign] || `\\${sign}`);
  const latexAddress = (address) => safe(address).replace(/[%#&_~]/g, "\\$&");
  const markdown = (text) => text.replace(/[\\`*_[\]<>&~|$#]/g, "\\$&");
  const markdownAddress = (address) =>
    safe(address).replace(/[()*_]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  const html = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const safe = (address) => address.replace(/[\s{}\\^`|<>"]/g, encodeURIComponent);

  const element = (kind, values, ...content) => {
    const made = Object.assign(document.createElement(kind), values);
    made.append(...content);
    return made;
  };
  const loaded = (kind, values) =>
    new Promise((done, fail) => {
      document.head.append(element(kind, { ...values, onload: done, onerror: () => fail(new Error()) }));
    });

  // A line with its button. Where the browser forbids copying, the line is selected.
  const copy = async (field) => {
    field.focus();
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      return document.execCommand("copy");
    }
  };
  let said = null;
  const row = (called, value, ...about) => {
    const lines = value.split("\n").length;
    const field = element(lines > 1 ? "textarea" : "input", { readOnly: true, value });
    if (lines > 1) Object.assign(field, { rows: Math.min(lines, 8), wrap: "off" });
    field.spellcheck = false;
    field.addEventListener("focus", () => field.select());
    const button = element(
      "button",
      { type: "button" },
      "Copy",
      element("span", { className: "unseen" }, ` ${called}`),
    );
    button.addEventListener("click", async () => {
      const copied = await copy(field);
      button.firstChild.data = copied ? "Copied" : "Selected";
      said.textContent = copied ? `${called}: copied` : `${called}: selected; copy it by Ctrl C`;
      setTimeout(() => {
        button.firstChild.data = "Copy";
      }, 3000);
    });
    const line = element("div", { className: "row" }, element("label", {}, element("span", {}, called), field), button);
    if (about.length) line.append(element("small", { className: "muted" }, ...about));
    return { line, field };
  };

  // A feature in a frame of another page, with what is chosen, and how that looks.
  const PARTS = {
    plots: "Histogram",
    activations: "Examples",
    explanation: "Name and verdict",
    link: "Link back",
  };
  const embedding = (title, framed) => {
    const boxes = Object.entries(PARTS).map(([part, words]) => {
      const box = element("input", { type: "checkbox", checked: true, name: part });
      return { part, box, line: element("label", {}, box, ` ${words}`) };
    });
    const theme = element(
      "select",
      {},
      ...["the reader’s", "light", "dark"].map((text) => element("option", { value: text }, text)),
    );
    const view = element("iframe", { width: 540, height: 300, title: `Preview: ${title}`, loading: "lazy" });
    const { line, field } = row("Embed", " ");
    const show = () => {
      const shown = new Set(boxes.filter(({ box }) => box.checked).map(({ part }) => part));
      const query = Object.keys(PARTS).flatMap((part) => (shown.has(part) ? [] : [`embed${part}=false`]));
      if (theme.selectedIndex) query.push(`embedtheme=${theme.value}`);
      view.height = shown.has("plots") || shown.has("activations") ? 300 : 120;
      const [own, shared] = framed(["embed=true", ...query].join("&"));
      view.src = own;
      field.value = `<iframe src="${html(shared)}" title="${html(title)}" width="540" height="${view.height}" loading="lazy" style="border:0"></iframe>`;
    };
    const chosen = element("fieldset", {}, element("legend", {}, "Shown"), ...boxes.map((box) => box.line));
    chosen.append(element("label", {}, "Theme ", theme));
    chosen.addEventListener("change", show);
    const whole = element(
      "details",
      { className: "embedding" },
      element("summary", {}, "Embed in a page, with a preview"),
    );
    whole.append(chosen, line, view);
    whole.addEventListener("toggle", () => whole.open && !view.src && show());
    return whole;
  };

  const cited = (template, title, address, key) =>
    [title, address, key].reduce(
      (text, value, place) => text.replaceAll(String.fromCharCode(place + 1), () => value), // as it is, dollar signs too
      template,
    );
  // What is cited has the address of a host, or none: one on this disk leads nowhere from elsewhere.
  const ADDRESS = String.fromCharCode(2);
  const hosted = (template, published) =>
    published ? template : template.replace(`,\n  url = {${ADDRESS}}`, "").replace(` ${ADDRESS}`, "");
  const ofFeature = (site, base, published) => {
    const [dictionary, feature] = name.split("/");
    const [identity, , vectors, json, figures] = site.dictionaries[dictionary];
    const heading = document.querySelector("main h1").textContent;
    const title = heading === name ? name : `${name}: ${heading}`;
    const aliased = page.hasAttribute("data-alias");
    const print = `v=${identity}-${figures}`;
    const at = (start, alias, query) => start + (alias ? `f.html?${query}#${name}` : `f/${name}.html?${query}`);
    const link = at(base, aliased && !published, print);
    const framed = (query) => [at(here, aliased, query), at(base, aliased, `${print}&${query}`)];
    const style = element("a", { href: `${root}atlas.sty`, download: "" }, "atlas.sty");
    const data = json && base + json.replace("{feature}", feature).replace("{shard}", Math.floor(feature / SHARD));
    const reference = cited(hosted(site.reference, published), title, link);
    if (published && !site.base) panel.querySelector("p").textContent = reference; // what is printed
    const rows = [
      row("Link", link),
      row("Reference", reference),
      row("Markdown", `[${markdown(title)}](${markdownAddress(link)})`),
      row("LaTeX", `\\href{${latexAddress(link)}}{${latex(title)}}`),
      row(
        "LaTeX, short",
        `\\feature{${dictionary}}{${feature}}`,
        "with ",
        style,
        " beside the paper and \\usepackage{atlas}",
      ),
      row("BibTeX", cited(hosted(site.entry, published), latex(title), safe(link), name.replace("/", "-")).trimEnd()),
    ];
    if (json) rows.push(row("JSON", data, ...jsonNote(json, feature)));
    if (vectors) rows.push(row("Decoder", python(base + vectors, feature), "its vector, in Python"));
    return [...rows.map(({ line }) => line), embedding(title, framed)];
  };
  const jsonNote = (pattern, feature) =>
    pattern.endsWith(".gz") ? [`of ${SHARD} features by number, gzipped: this one is "${feature}"`] : [];
  const python = (address, feature) =>
    [
      "from urllib.request import urlretrieve",
      "from safetensors import safe_open",
      "",
      `path, _ = urlretrieve("${safe(address)}")`,
      'with safe_open(path, "np") as file:',
      `    vector = file.get_slice("decoder")[${feature}]`,
    ].join("\n");
  const ofPage = (site, base) => {
    const own = { address: location.href.split(/[?#]/)[0].slice(here.length), title: document.title };
    const { address, title } = atlas.shared ? atlas.shared() : own;
    const dictionary = /^d\/([^/]+)\.html$/.exec(address);
    const [identity, , , , figures] = (dictionary && site.dictionaries[dictionary[1]]) || [];
    const link = base + address + (identity ? `?v=${identity}-${figures}` : "");
    return [
      row("Link", link),
      row("Markdown", `[${markdown(title)}](${markdownAddress(link)})`),
      row("LaTeX", `\\href{${latexAddress(link)}}{${latex(title)}}`),
      row("BibTeX", site.work.trimEnd(), "of the whole atlas"),
    ].map(({ line }) => line);
  };

  const build = () => {
    const site = atlas.citing;
    const published = Boolean(site.base) || /^https?:/.test(location.href);
    const base = site.base || here;
    said = element("p", { className: "unseen" });
    said.setAttribute("role", "status");
    const lines = name ? ofFeature(site, base, published) : ofPage(site, base);
    const note = site.archive
      ? "These addresses hold on this machine alone."
      : "Not published yet: these addresses hold on this machine alone, until [site] base_url says where it is.";
    if (!published) lines.unshift(element("p", { className: "small muted" }, note));
    panel.querySelector(".lines")?.remove();
    panel.lastElementChild.append(element("div", { className: "lines" }, ...lines, said));
    panel.classList.add("built");
  };
  const open = async () => {
    if (!panel.open) return;
    if (!atlas.citing) await loaded("script", { src: `${root}data/citing.js` });
    if (!document.querySelector('link[href$="assets/share.css"]'))
      await loaded("link", { rel: "stylesheet", href: `${root}assets/share.css` });
    if (!panel.classList.contains("built")) build();
  };
  panel.addEventListener("toggle", () => open().catch(() => {})); // what the page itself says stays
  addEventListener("atlas-address", () => panel.classList.contains("built") && build());

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.open) return;
    panel.open = false;
    panel.querySelector("summary").focus();
  });
  atlas.keys.c = () => {
    panel.open = !panel.open;
    if (panel.open) panel.querySelector("summary").focus();
  };
  atlas.keyHelp = [...(atlas.keyHelp || []), ["c", "cite and share: links, BibTeX, an embed"]];
})();
