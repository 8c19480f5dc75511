// The map: features as points on two axes, coloured, with those in view as a list. What is chosen stands in the address:
// dictionary, axes, colour, a search, a feature, an area, and what of the map is seen.
// Points and groups are made in mappoints.js, searched in map_find.js, drawn in map_paint.js; hands and keys are in
// map_input.js.
(() => {
  "use strict";
  const { atlas } = window;
  const { drawing, figures } = atlas;
  const { element } = atlas.rows;
  const CHOICES = ["dictionary", "x", "y", "colour"];
  const LISTED = 12;
  const LIST_MS = 120; // after the last change: sorting 70,000 names has no place in a frame
  const ADDRESS_MS = 400; // browsers allow a hundred changes of the address in half a minute
  const TYPING_MS = 150;
  const MOST_LINKED = 300; // features in the address of a list
  const CLOSE = 0.3; // of the whole map that is seen around a feature
  const SIGNS = { disc: "●", square: "■", triangle: "▲", diamond: "◆", cross: "✚", ring: "○" };

  const part = (name) => document.getElementById(name);
  const canvas = part("map"),
    form = part("choices"),
    asking = form.elements.q;
  const map = {
    ...{ points: null, groups: [], regions: [], boxes: [] },
    ...{ view: null, whole: null, zoomed: false, area: null },
    ...{ current: -1, kept: -1 }, // the point that is shown; the one that stands in the address
    ...{ query: "", found: null, meant: null, shade: null, order: null }, // `meant`: 1 for each point that is found
  };
  let asked = 0; // the latest loading; an earlier one that comes later is dropped
  let waiting = false; // for the next frame
  let listing = 0;
  let remembering = 0;

  const seen = (group) => map.groups[group].shown;
  const wanted = (group, i) => seen(group) && (!map.meant || map.meant[i] === 1);
  const chosen = () => Object.fromEntries(CHOICES.map((name) => [name, form.elements[name].value]));
  const titleOf = (axis) => form.elements[axis].selectedOptions[0].textContent.trim();
  const painter = atlas.painter(map, canvas, titleOf);

  // ---- the address
  const edgesOf = (area) => [area.x0, area.x1, area.y0, area.y1].map((edge) => Number(edge.toPrecision(4))).join("~");
  const areaIn = (text) => {
    const edges = (text || "").split("~").map(Number);
    if (edges.length !== 4 || !edges.every(Number.isFinite)) return null;
    const [x0, x1, y0, y1] = edges;
    return x1 > x0 && y1 > y0 ? { x0, x1, y0, y1 } : null;
  };

  const featureOf = (i) => (form.elements.dictionary.value ? String(map.points.feature[i]) : nameOf(i));
  const nameOf = (i) => atlas.points.nameOf(map.points, i);

  const remember = () => {
    const query = new URLSearchParams({
      ...chosen(),
      ...(map.query && { q: map.query }),
      ...(map.kept >= 0 && { feature: featureOf(map.kept) }),
      ...(map.area && { area: edgesOf(map.area) }),
      ...((map.zoomed || map.kept >= 0) && map.view && { at: edgesOf(map.view) }),
    });
    history.replaceState(null, "", `?${query}`);
  };
  const rememberSoon = () => {
    clearTimeout(remembering);
    remembering = setTimeout(remember, ADDRESS_MS);
  };

  const choose = (name, value) => {
    if ([...form.elements[name].options].some((option) => option.value === value)) form.elements[name].value = value;
  };
  const usualAxes = () =>
    form.elements.dictionary.selectedOptions[0].dataset.axes === "map"
      ? atlas.points.MAP_AXES
      : atlas.points.OTHER_AXES;
  const chooseAxes = ([x, y]) => {
    choose("x", x);
    choose("y", y);
  };

  const recall = () => {
    const given = new URLSearchParams(location.search);
    for (const name of ["dictionary", "colour"]) if (given.has(name)) choose(name, given.get(name));
    chooseAxes(given.has("feature") ? atlas.points.MAP_AXES : usualAxes());
    for (const name of ["x", "y"]) if (given.has(name)) choose(name, given.get(name));
    asking.value = map.query = given.get("q") || "";
    map.area = areaIn(given.get("area"));
    return { at: areaIn(given.get("at")), feature: given.get("feature") };
  };

  // What an address asks for beside the choices: a view, a feature in its middle.
  const restore = ({ at, feature }) => {
    if (!map.view) return;
    if (at) look(at);
    const asks = feature ? atlas.finding.matches(map.points, feature) : null;
    if (!asks?.length || Number.isNaN(map.points.x[asks[0]])) return;
    if (!at) closeTo(asks[0]);
    atlas.map.show(asks[0], true);
    canvas.focus({ preventScroll: true });
  };

  // ---- loading
  const load = async () => {
    const mine = (asked += 1);
    const { dictionary, x, y } = chosen();
    const points = await atlas.points.load(dictionary, x, y);
    if (mine !== asked) return;
    map.points = points;
    map.current = map.kept = -1;
    tell(dictionary);
    await colour();
    fit();
    note();
  };

  // What the page says of the dictionary, and the names of its regions.
  const tell = (dictionary) => {
    for (const says of document.querySelectorAll(".says")) says.hidden = says.dataset.dictionary !== dictionary;
    const names = document.querySelectorAll(`.says:not([hidden]) [data-x]`);
    map.regions = [...names].map((one) => ({
      name: one.textContent,
      x: Number(one.dataset.x),
      y: Number(one.dataset.y),
      features: Number(one.dataset.features),
    }));
    for (const one of document.querySelectorAll(".of-map")) one.hidden = !atlas.points.isMap(map.points);
  };

  const colour = async () => {
    map.groups = atlas.points.group(map.points, form.elements.colour.value, (await atlas.index()).domains);
    part("legend").replaceChildren(...map.groups.filter((group) => group.size).map(legendRow));
    find();
  };

  const legendRow = (group) => {
    const sign = element("span", { class: group.style, "aria-hidden": "true" }, SIGNS[group.shape]);
    const button = element(
      "button",
      { type: "button", "aria-pressed": "true" },
      sign,
      ` ${group.name} `,
      element("span", { class: "muted" }, figures.count(group.size)),
    );
    button.addEventListener("click", () => {
      group.shown = !group.shown;
      button.setAttribute("aria-pressed", String(group.shown));
      refresh();
    });
    return element("li", {}, button);
  };

  const note = () => {
    const { points } = map;
    const missing = points.x.filter(Number.isNaN).length;
    const notes = [];
    if (!map.whole)
      notes.push(`No feature here has both figures, ${titleOf("x")} and ${titleOf("y")}: choose other axes.`);
    else if (missing) {
      const [features, are] = [figures.counted(missing, "feature"), missing === 1 ? "is" : "are"];
      notes.push(
        atlas.points.isMap(points)
          ? `${features} ${are} not on the map: dead, or active on no sampled frame.`
          : `${features} without these figures ${are} not drawn.`,
      );
    }
    if (atlas.points.isMap(points) && points.parts.length > 1)
      notes.push("Each dictionary has a map of its own: places of different dictionaries do not compare.");
    part("note").textContent = notes.join(" ");
  };

  // ---- search
  // Which points the query means: they are drawn last and in full, others faintly.
  const find = () => {
    const { points, groups } = map;
    map.found = atlas.finding.matches(points, map.query);
    map.meant = map.found && new Uint8Array(points.size);
    if (map.found) {
      for (const i of map.found) map.meant[i] = 1;
      map.shade = points.group.map((group, i) => (map.meant[i] ? group : group + groups.length));
      const first = points.order.filter((i) => !map.meant[i]);
      map.order = new Uint32Array(points.size);
      map.order.set(first);
      map.order.set(
        points.order.filter((i) => map.meant[i]),
        first.length,
      );
    }
    refresh();
  };

  const search = (query) => {
    if (asking.value !== query) asking.value = query;
    map.query = query.trim();
    if (!map.points) return;
    find();
    remember();
  };

  // ---- the view
  const frame = () => {
    const scale = window.devicePixelRatio || 1,
      axes = map.points && !atlas.points.isMap(map.points);
    const left = axes ? 56 : 0,
      below = axes ? 40 : 20; // for ticks and titles, or for what near means
    return {
      scale,
      left: left * scale,
      top: 8 * scale,
      width: canvas.width - (left + 8) * scale,
      height: canvas.height - (below + 16) * scale,
    };
  };
  const placed = () => ({ ...map.view, ...frame() });

  const resize = () => {
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
  };
  // Before the page is laid out, and where the plot is hidden, there is nothing to draw on.
  const laidOut = () => {
    const { width, height } = frame();
    return width > 0 && height > 0;
  };

  // On the map proper, both axes have the same scale: the area, with more of what lies around it.
  const squared = ({ x0, x1, y0, y1 }) => {
    if (!atlas.points.isMap(map.points) || !laidOut()) return { x0, x1, y0, y1 };
    const { width, height } = frame();
    const unit = Math.max((x1 - x0) / width, (y1 - y0) / height);
    const [cx, cy, dx, dy] = [(x0 + x1) / 2, (y0 + y1) / 2, (unit * width) / 2, (unit * height) / 2];
    return { x0: cx - dx, x1: cx + dx, y0: cy - dy, y1: cy + dy };
  };

  // Show everything.
  const fit = () => {
    const x = drawing.extent(map.points.x),
      y = drawing.extent(map.points.y);
    map.whole = x && y ? { x0: x[0], x1: x[1], y0: y[0], y1: y[1] } : null;
    resize();
    map.view = map.whole && squared(map.whole);
    map.zoomed = false;
    refresh();
  };

  const look = (area) => {
    map.view = squared(area);
    map.zoomed = true;
    refresh();
  };

  const closeTo = (i) => {
    const { x, y } = map.points,
      { x0, x1, y0, y1 } = map.whole;
    const [dx, dy] = [((x1 - x0) * CLOSE) / 2, ((y1 - y0) * CLOSE) / 2];
    look({ x0: x[i] - dx, x1: x[i] + dx, y0: y[i] - dy, y1: y[i] + dy });
  };

  const zoom = (factor, px, py) => {
    if (!map.view) return;
    const view = placed(),
      at = drawing.inverse(view, px ?? view.left + view.width / 2, py ?? view.top + view.height / 2);
    const now = (map.whole.x1 - map.whole.x0) / (view.x1 - view.x0);
    const by = Math.min(Math.max(factor, 0.25 / now), 5000 / now);
    const moved = (edge, centre) => centre + (edge - centre) / by;
    map.view = {
      x0: moved(view.x0, at.x),
      x1: moved(view.x1, at.x),
      y0: moved(view.y0, at.y),
      y1: moved(view.y1, at.y),
    };
    map.zoomed = true;
    refresh();
  };

  const pan = (dx, dy) => {
    if (!map.view) return;
    const view = placed();
    const x = (dx / view.width) * (view.x1 - view.x0),
      y = (dy / view.height) * (view.y1 - view.y0);
    map.view = { x0: view.x0 - x, x1: view.x1 - x, y0: view.y0 + y, y1: view.y1 + y };
    map.zoomed = true;
    refresh();
  };

  const select = (area) => {
    map.area = area;
    remember();
    refresh();
  };

  // The feature that the address names.
  const keep = (i) => {
    map.kept = i;
    remember();
  };

  // ---- drawing
  const paint = () => {
    if (map.points && laidOut()) painter.paint(placed());
  };
  const repaint = () => requestAnimationFrame(paint);
  const refresh = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (!map.points) return;
      paint();
      clearTimeout(listing);
      listing = setTimeout(list, LIST_MS);
      rememberSoon();
    });
  };

  // ---- the list of what is found, in the area, or in view: best found label first
  const itemOf = (i) => ({ dictionary: map.points.parts[map.points.part[i]].name, feature: map.points.feature[i] });

  const listed = () => {
    const auroc = (i) => atlas.points.valueAt(map.points, i, "auroc") || 0;
    const best = (a, b) => auroc(b) - auroc(a) || a - b;
    if (map.found && !map.area) return map.found.filter((i) => seen(map.points.group[i]));
    return map.view ? drawing.within(map.points, map.area || placed(), wanted).sort(best) : [];
  };

  const headed = (number) => {
    const counted = figures.counted(number, "feature");
    if (map.area) return [`${counted} in the area`, "An area of the map"];
    if (map.found) return [`${counted} ${number === 1 ? "matches" : "match"} “${map.query}”`, map.query];
    return [`${counted} in view`, "A view of the map"];
  };

  const list = () => {
    const visible = listed(),
      [heading, title] = headed(visible.length);
    part("count").textContent = heading;
    part("clear").hidden = !map.area && !map.found;
    part("clear").textContent = map.area ? "Forget the area" : "Forget the search";
    const linked = visible.slice(0, MOST_LINKED).map(nameOf).join(",");
    part("open").hidden = !visible.length;
    part("open").textContent =
      visible.length > MOST_LINKED ? `Open the first ${MOST_LINKED} as a list` : "Open as a list";
    part("open").href = `list.html?features=${linked}&title=${encodeURIComponent(title)}`;
    const shown = visible.slice(0, LISTED);
    const key = shown.map(nameOf).join(",");
    if (part("rows").dataset.key === key) return;
    part("rows").dataset.key = key;
    atlas.rows.fill(part("rows"), shown.map(itemOf)).then((done) => {
      if (part("rows").dataset.key === key) done();
    });
  };

  atlas.map = {
    ...{ map, canvas, form, seen, wanted, placed, frame, zoom, pan, fit, select, search, keep, itemOf, nameOf },
    ...{ repaint, show: () => {} }, // map_input.js shows features
  };

  const repainted = () => {
    painter.forget();
    repaint();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repainted);
  new MutationObserver(repainted).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
  new ResizeObserver(() => {
    if (!map.points) return;
    const view = map.zoomed && map.view;
    fit();
    if (view) look(view);
  }).observe(canvas);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(asking.value);
    if (map.found?.length) atlas.map.show(map.found[0], true);
    canvas.focus();
  });
  let typing = 0;
  asking.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => search(asking.value), TYPING_MS);
  });
  part("clear").addEventListener("click", () => (map.area ? select(null) : search("")));
  for (const says of document.querySelectorAll(".says"))
    says.addEventListener("click", (event) => {
      const name = event.target.closest("[data-x]");
      if (!name || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search(name.textContent);
      canvas.scrollIntoView({ block: "center" });
    });

  let before = usualAxes();
  form.addEventListener("change", async ({ target }) => {
    if (!CHOICES.includes(target.name)) return;
    if (target.name === "dictionary") {
      const usual = before.every((axis, place) => axis === form.elements["xy"[place]].value);
      before = usualAxes();
      if (usual) chooseAxes(before);
    }
    if (target.name === "colour") await colour();
    else {
      map.area = null;
      await load();
    }
    remember();
  });
  const given = recall();
  before = usualAxes();
  load()
    .then(() => restore(given))
    .catch((error) => {
      part("note").textContent = `The data of this site could not be loaded: ${error.message}.`;
    });
})();
