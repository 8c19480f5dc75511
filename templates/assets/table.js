// The table of all features of a dictionary: every column sorts and filters, and only the rows in sight stand in the
// document. Its order and filters stand in the address. It fills <section id="table" data-dictionary="block2">.
(() => {
  "use strict";
  const { atlas } = window;
  const { element } = atlas.rows;
  const { sorted, filtered, parse, written } = atlas.sorting;
  const root = document.documentElement.dataset.root || "";
  const section = document.getElementById("table");
  const ROW = 28,
    SPARE = 8,
    MOST = 60; // pixels; rows above and below the window; rows in the document
  const { percent, unit, probability, figure, nats, ratio, count, seconds } = atlas.figures;

  // Columns from left to right, and how their values are written; texts as they are.
  const COLUMNS = {
    feature: count,
    label: null,
    state: null,
    domain: null,
    density: percent,
    clip_density: percent,
    recordings_active: count,
    max: figure,
    mean_active: figure,
    burst_s: seconds,
    best_label: null,
    auroc: unit,
    beyond: unit,
    does: null,
    effect: nats,
    effect_statistic: figure,
    effect_q: probability,
    lift: ratio,
    q: probability,
    phone: null,
    phone_share: percent,
    flags: null,
    specialised: null,
  };

  let columns = {},
    marks = [],
    order = [],
    first = -1;
  let asked = null; // what the address does, as soon as it is known which columns there are
  const OF_EFFECTS = ["does", "effect", "effect_statistic", "effect_q"]; // of dictionaries whose effects were measured
  const LEAST_FIRST = ["feature", "effect", "effect_q"]; // what is ablated lowers, so the least effect is the largest

  const build = (dictionary, figures) => {
    const heads = [],
      boxes = [];
    for (const [name, shown] of Object.entries(COLUMNS)) {
      const { name: heading, definition: title } = figures[name] || { name: "Number", definition: null };
      const button = element("button", { type: "button", title }, heading);
      button.addEventListener("click", () => turn(name));
      heads.push(element("th", { scope: "col", class: shown ? "n" : "", "data-column": name }, button));
      const input = element("input", {
        "aria-label": `Filter ${heading}`,
        placeholder: shown ? "> 0" : "",
        autocomplete: "off",
        value: asked.filters[name] || "",
      });
      const judge = () =>
        input.setCustomValidity(
          atlas.sorting.test(input.value, columns[name]) ? "" : "a text, or a bound such as > 0.01 or 0.1 – 0.5",
        );
      judge();
      input.addEventListener("input", () => {
        asked.filters[name] = input.value;
        judge();
        arrange();
        remember();
      });
      boxes.push(element("td", {}, input));
    }
    const table = element(
      "table",
      { "aria-label": `All features of ${dictionary}`, "aria-colcount": heads.length },
      element(
        "thead",
        {},
        element("tr", { "aria-rowindex": 1 }, ...heads),
        element("tr", { "aria-rowindex": 2 }, ...boxes),
      ),
      element(
        "tbody",
        { class: "gap", "aria-hidden": "true" },
        element("tr", {}, element("td", { colspan: heads.length })),
      ),
      element("tbody", { class: "body" }),
      element(
        "tbody",
        { class: "gap", "aria-hidden": "true" },
        element("tr", {}, element("td", { colspan: heads.length })),
      ),
    );
    const frame = element(
      "div",
      { class: "everything", tabindex: 0, role: "region", "aria-label": "All features, scrollable" },
      table,
    );
    frame.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
    section.append(element("p", { class: "muted", role: "status" }), frame);
    return frame;
  };

  let frame = null;

  const turn = (name) => {
    const firstWay = typeof columns[name][0] === "number" && !LEAST_FIRST.includes(name);
    asked.sort = { name, descending: asked.sort.name === name ? !asked.sort.descending : firstWay };
    arrange();
    remember();
  };
  const remember = () => history.replaceState(null, "", location.pathname + written(asked) + location.hash);

  const arrange = () => {
    const { sort } = asked;
    order = sorted(filtered(columns, asked.filters), columns[sort.name], sort.descending);
    for (const head of frame.querySelectorAll("th")) {
      if (head.dataset.column === sort.name)
        head.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    frame.firstChild.setAttribute("aria-rowcount", order.length + 2);
    section.querySelector("[role=status]").textContent =
      `${atlas.figures.counted(order.length, "feature")}${order.length < columns.feature.length ? ` of ${count(columns.feature.length)}` : ""}`;
    frame.scrollTop = 0;
    first = -1;
    draw();
  };

  const cell = (name, feature) => {
    const value = columns[name][feature];
    if (name === "feature")
      return element(
        "td",
        { class: "n" },
        element("a", { href: root + atlas.address(`${section.dataset.dictionary}/${feature}`) }, String(feature)),
      );
    if (name === "domain") return element("td", {}, atlas.rows.domainMark(value, marks));
    if (name === "label" && !atlas.rows.isName(columns, feature, value))
      return element("td", { class: "muted", title: value }, element("bdi", {}, value));
    return COLUMNS[name]
      ? element("td", { class: "n" }, COLUMNS[name](value))
      : element("td", { title: value }, element("bdi", {}, value));
  };

  const draw = () => {
    const inSight = Math.ceil(frame.clientHeight / ROW) + 2 * SPARE;
    const start = Math.max(
      0,
      Math.min(Math.floor(frame.scrollTop / ROW) - SPARE, order.length - Math.min(inSight, MOST)),
    );
    if (start === first) return;
    first = start;
    const end = Math.min(order.length, start + Math.min(inSight, MOST));
    const rows = [];
    for (let place = start; place < end; place += 1) {
      rows.push(
        element("tr", { "aria-rowindex": place + 3 }, ...Object.keys(COLUMNS).map((name) => cell(name, order[place]))),
      );
    }
    frame.querySelector(".body").replaceChildren(...rows);
    const [above, below] = frame.querySelectorAll(".gap td");
    above.style.height = `${start * ROW}px`;
    below.style.height = `${(order.length - end) * ROW}px`;
  };

  const start = async () => {
    const { dictionary } = section.dataset;
    try {
      const { figures, domains, dictionaries } = await atlas.index();
      const { scripts } = dictionaries.find((entry) => entry.name === dictionary);
      if (!scripts.effects) for (const name of OF_EFFECTS) delete COLUMNS[name];
      asked = parse(location.search, Object.keys(COLUMNS));
      const read = Object.keys(COLUMNS).filter((name) => name !== "feature");
      columns = await atlas.columns(dictionary, [...read, "given_by"]);
      columns.feature = Float64Array.from(columns.density, (_, feature) => feature);
      marks = domains;
      frame = build(dictionary, figures);
      arrange();
    } catch (error) {
      section.append(element("p", {}, `The data of this site could not be loaded: ${error.message}.`));
    }
  };
  start();
})();
