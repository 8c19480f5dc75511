// The map: features as points on two axes, coloured, with those in view as a list. What is chosen stands in the address.
// Points and groups are made in mappoints.js, drawn in map_raster.js; hands and keys are in map_input.js.
(() => {
  "use strict";
  const { atlas } = window;
  const { drawing, figures } = atlas;
  const { element } = atlas.rows;
  const CHOICES = ["dictionary", "x", "y", "colour"];
  const LISTED = 12;
  const LIST_MS = 120; // after the last change: sorting 70,000 names has no place in a frame
  const MOST_LINKED = 300; // features in the address of a list
  const SIGNS = { disc: "●", square: "■", triangle: "▲", diamond: "◆", cross: "✚", ring: "○" };

  const part = (name) => document.getElementById(name);
  const canvas = part("map"),
    context = canvas.getContext("2d", { alpha: false, willReadFrequently: true }),
    form = part("choices");
  const map = { points: null, groups: [], view: null, whole: null, area: null, current: -1 };
  let asked = 0; // the latest loading; an earlier one that comes later is dropped
  let waiting = false; // for the next frame
  let listing = 0;
  let colours = new Map();

  const seen = (group) => map.groups[group].shown;
  const chosen = () => Object.fromEntries(CHOICES.map((name) => [name, form.elements[name].value]));
  const titleOf = (axis) => form.elements[axis].selectedOptions[0].textContent.trim();

  // ---- the address
  const remember = () => {
    const edges =
      map.area && [map.area.x0, map.area.x1, map.area.y0, map.area.y1].map((edge) => Number(edge.toPrecision(4)));
    const query = new URLSearchParams({ ...chosen(), ...(edges && { area: edges.join("~") }) });
    history.replaceState(null, "", `?${query}`);
  };

  const choose = (name, value) => {
    if ([...form.elements[name].options].some((option) => option.value === value)) form.elements[name].value = value;
  };

  const recall = async () => {
    const given = new URLSearchParams(location.search);
    for (const name of CHOICES) if (given.has(name)) choose(name, given.get(name));
    const edges = (given.get("area") || "").split("~").map(Number);
    if (edges.length === 4 && edges.every(Number.isFinite))
      map.area = { x0: edges[0], x1: edges[1], y0: edges[2], y1: edges[3] };
    const { dictionaries } = await atlas.index();
    const placed = dictionaries.some((entry) => (entry.scripts[atlas.points.MAP_AXES[0]] || []).length);
    const axes = placed ? atlas.points.MAP_AXES : atlas.points.OTHER_AXES;
    ["x", "y"].forEach((name, place) => {
      if (!given.has(name)) choose(name, axes[place]);
    });
  };

  // ---- loading
  const load = async () => {
    const mine = (asked += 1);
    const { dictionary, x, y } = chosen();
    const points = await atlas.points.load(dictionary, x, y);
    if (mine !== asked) return;
    map.points = points;
    map.current = -1;
    await colour();
    fit();
    note();
  };

  const colour = async () => {
    map.groups = atlas.points.group(map.points, form.elements.colour.value, (await atlas.index()).domains);
    part("legend").replaceChildren(...map.groups.filter((group) => group.size).map(legendRow));
    refresh();
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
    else if (missing)
      notes.push(
        `${figures.counted(missing, "feature")} without these figures ${missing === 1 ? "is" : "are"} not drawn.`,
      );
    if (atlas.points.isMap(points) && points.parts.length > 1)
      notes.push("Each dictionary has a map of its own: places of different dictionaries do not compare.");
    part("note").textContent = notes.join(" ");
  };

  // ---- the view
  const frame = () => {
    const scale = window.devicePixelRatio || 1,
      axes = map.points && !atlas.points.isMap(map.points);
    const left = axes ? 56 : 0,
      below = axes ? 40 : 0;
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

  // Show everything; on the map proper, both axes have the same scale.
  const fit = () => {
    const x = drawing.extent(map.points.x),
      y = drawing.extent(map.points.y);
    map.whole = x && y ? { x0: x[0], x1: x[1], y0: y[0], y1: y[1] } : null;
    resize();
    map.view = map.whole && { ...map.whole };
    if (map.whole && atlas.points.isMap(map.points)) {
      const { width, height } = frame(),
        { x0, x1, y0, y1 } = map.view;
      const unit = Math.max((x1 - x0) / width, (y1 - y0) / height);
      const [cx, cy, dx, dy] = [(x0 + x1) / 2, (y0 + y1) / 2, (unit * width) / 2, (unit * height) / 2];
      map.view = { x0: cx - dx, x1: cx + dx, y0: cy - dy, y1: cy + dy };
    }
    refresh();
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
    refresh();
  };

  const pan = (dx, dy) => {
    if (!map.view) return;
    const view = placed();
    const x = (dx / view.width) * (view.x1 - view.x0),
      y = (dy / view.height) * (view.y1 - view.y0);
    map.view = { x0: view.x0 - x, x1: view.x1 - x, y0: view.y0 + y, y1: view.y1 + y };
    refresh();
  };

  const select = (area) => {
    map.area = area;
    remember();
    refresh();
  };

  // ---- drawing
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
    });
  };

  // A class's colour as [red, green, blue], however the style sheet puts it.
  const colourOf = (name) => {
    if (!colours.has(name)) {
      const sample = element("span", { class: name, hidden: "" });
      canvas.parentElement.append(sample);
      const dot = element("canvas", { width: 1, height: 1 }).getContext("2d");
      dot.fillStyle = getComputedStyle(sample).color;
      dot.fillRect(0, 0, 1, 1);
      sample.remove();
      colours.set(name, [...dot.getImageData(0, 0, 1, 1).data].slice(0, 3));
    }
    return colours.get(name);
  };

  const radiusOf = (size) => (size > 20000 ? 1.6 : size > 4000 ? 2.4 : 3.4);

  const paint = () => {
    const started = performance.now(),
      view = placed(),
      { points, groups } = map;
    context.fillStyle = `rgb(${colourOf("paper")})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!map.view) return;
    if (!atlas.points.isMap(points)) axes(view);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    const radius = radiusOf(points.size) * view.scale,
      opacity = points.size > 20000 ? 0.65 : 0.8;
    const stamps = groups.map((group) => (group.shown ? drawing.stamp(group.shape, radius, opacity) : null));
    drawing.draw(
      new Uint32Array(image.data.buffer),
      image.width,
      image.height,
      points,
      view,
      stamps,
      groups.map((group) => colourOf(group.style)),
    );
    context.putImageData(image, 0, 0);
    if (map.area) outline(view, map.area);
    if (map.current >= 0) ring(view, map.current);
    canvas.dataset.paintedMs = (performance.now() - started).toFixed(1);
  };

  const line = (x0, y0, x1, y1) => {
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  };

  const axes = (view) => {
    const size = 12 * view.scale,
      ink = colourOf("muted"),
      [x, y] = map.points.names;
    const right = view.left + view.width,
      bottom = view.top + view.height;
    context.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
    context.fillStyle = `rgb(${ink})`;
    context.strokeStyle = `rgba(${ink}, .25)`;
    context.lineWidth = view.scale;
    context.textAlign = "center";
    for (const tick of drawing.ticks(view.x0, view.x1, x)) {
      const at = Math.round(drawing.across(view, tick.place)) + 0.5;
      line(at, view.top, at, bottom);
      context.fillText(tick.text, at, bottom + 1.4 * size);
    }
    context.textAlign = "right";
    for (const tick of drawing.ticks(view.y0, view.y1, y)) {
      const at = Math.round(drawing.down(view, tick.place)) + 0.5;
      line(view.left, at, right, at);
      context.fillText(tick.text, view.left - size / 2, at + size / 3);
    }
    context.fillText(`${titleOf("x")} →`, right, bottom + 2.8 * size);
    context.textAlign = "left";
    context.fillText(`↑ ${titleOf("y")}`, view.left + size / 2, view.top + size);
  };

  const outline = (view, area) => {
    const x = drawing.across(view, area.x0),
      y = drawing.down(view, area.y1);
    context.strokeStyle = `rgb(${colourOf("focus")})`;
    context.lineWidth = 1.5 * view.scale;
    context.setLineDash([4 * view.scale, 3 * view.scale]);
    context.strokeRect(x, y, drawing.across(view, area.x1) - x, drawing.down(view, area.y0) - y);
    context.setLineDash([]);
  };

  const ring = (view, i) => {
    context.strokeStyle = `rgb(${colourOf("ink")})`;
    context.lineWidth = 2 * view.scale;
    context.beginPath();
    context.arc(drawing.across(view, map.points.x[i]), drawing.down(view, map.points.y[i]), 7 * view.scale, 0, 7);
    context.stroke();
  };

  // ---- the list of what is in view, or in the area: best found label first
  const itemOf = (i) => ({ dictionary: map.points.parts[map.points.part[i]].name, feature: map.points.feature[i] });

  const list = () => {
    const visible = map.view ? drawing.within(map.points, map.area || placed(), seen) : [];
    const auroc = (i) => atlas.points.valueAt(map.points, i, "auroc") || 0;
    visible.sort((a, b) => auroc(b) - auroc(a) || a - b);
    part("count").textContent = `${figures.counted(visible.length, "feature")} ${map.area ? "in the area" : "in view"}`;
    part("clear").hidden = !map.area;
    const linked = visible
      .slice(0, MOST_LINKED)
      .map((i) => atlas.points.nameOf(map.points, i))
      .join(",");
    part("open").hidden = !visible.length;
    part("open").textContent =
      visible.length > MOST_LINKED ? `Open the first ${MOST_LINKED} as a list` : "Open as a list";
    part("open").href =
      `list.html?features=${linked}&title=${encodeURIComponent(map.area ? "An area of the map" : "A view of the map")}`;
    const shown = visible.slice(0, LISTED);
    const key = shown.map((i) => atlas.points.nameOf(map.points, i)).join(",");
    if (part("rows").dataset.key === key) return;
    part("rows").dataset.key = key;
    atlas.rows.fill(part("rows"), shown.map(itemOf)).then((done) => {
      if (part("rows").dataset.key === key) done();
    });
  };

  atlas.map = { map, canvas, form, seen, placed, frame, zoom, pan, fit, select, itemOf, repaint };

  const repainted = () => {
    colours = new Map();
    if (map.points) repaint();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repainted);
  new MutationObserver(repainted).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
  new ResizeObserver(() => {
    if (map.points) fit();
  }).observe(canvas);
  form.addEventListener("submit", (event) => event.preventDefault());
  part("clear").addEventListener("click", () => select(null));
  form.addEventListener("change", async ({ target }) => {
    if (!CHOICES.includes(target.name)) return;
    if (target.name === "colour") await colour();
    else {
      map.area = null;
      await load();
    }
    remember();
  });
  recall()
    .then(load)
    .catch((error) => {
      part("note").textContent = `The data of this site could not be loaded: ${error.message}.`;
    });
})();
