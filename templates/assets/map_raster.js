// Points on a canvas: scales, ticks, marks, and which point lies nearest. Nothing here touches the document.
// Points are { x, y, group, order }: places on the axes (logarithms where an axis has them; NaN: not drawn), and the
// order of drawing, which is mixed so that no group lies above another.
// A view is { x0, x1, y0, y1, left, top, width, height }: what of the axes is seen, and where in pixels.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const LOGARITHMIC = new Set([
    "density",
    "clip_density",
    "max",
    "mean_active",
    "recordings_active",
    "burst_s",
    "lift",
    "q",
    "effect_size",
    "effect_q",
  ]);
  const PER_CENT = new Set(["density", "clip_density", "phone_share"]);
  const LEAST = 1e-50; // what a q of 0 is drawn as
  const SHAPES = ["disc", "square", "triangle", "diamond", "cross", "ring"];

  // Places on an axis, of a column's values.
  const placed = (values, name) => {
    const logarithmic = LOGARITHMIC.has(name);
    return Float64Array.from(values, (value) => {
      if (!logarithmic) return value;
      return value > 0 ? Math.log10(value) : name === "q" && value === 0 ? Math.log10(LEAST) : NaN;
    });
  };

  // The least and the largest place, with some room.
  const extent = (places) => {
    let low = Infinity,
      high = -Infinity;
    for (const place of places) {
      if (place < low) low = place;
      if (place > high) high = place;
    }
    if (low > high) return null;
    const room = (high - low || 1) * 0.04;
    return [low - room, high + room];
  };

  // An order of drawing that mixes rows, the same every time.
  const mixed = (size) => {
    const order = new Uint32Array(size);
    let step = Math.max(1, Math.floor(size * 0.618));
    const common = (a, b) => (b ? common(b, a % b) : a);
    while (common(step, size) > 1) step += 1;
    for (let i = 0, at = 0; i < size; i += 1, at = (at + step) % size) order[i] = at;
    return order;
  };

  // ---- axes
  const decimal = (value) => Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 6 });
  const written = (value, name) => {
    if (PER_CENT.has(name)) return `${decimal(100 * value)} %`;
    return value < 1e-6 && LOGARITHMIC.has(name) ? value.toExponential(0) : decimal(value);
  };

  // On a logarithmic axis: powers of ten; where fewer than two are seen, also twice and five times such.
  const powers = (low, high) => {
    const step = Math.max(1, Math.ceil((high - low) / 7)),
      decades = [];
    for (let exponent = Math.ceil(low); exponent <= high; exponent += step) decades.push(10 ** exponent);
    if (decades.length > 1) return decades;
    const finer = [];
    for (let exponent = Math.floor(low); exponent <= high; exponent += 1)
      finer.push(...[1, 2, 5].map((factor) => factor * 10 ** exponent));
    return finer.filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
  };

  const steps = (low, high) => {
    const rough = 10 ** Math.floor(Math.log10((high - low) / 4)),
      ticks = [];
    const step = rough * [1, 2, 5, 10].find((factor) => (high - low) / (rough * factor) <= 6);
    for (let n = Math.ceil(low / step); n * step <= high; n += 1) ticks.push(n * step);
    return ticks;
  };

  // Where the ticks of a figure's axis lie, and what stands there.
  const ticks = (low, high, name) => {
    if (LOGARITHMIC.has(name))
      return powers(low, high).map((value) => ({ place: Math.log10(value), text: written(value, name) }));
    return steps(low, high).map((value) => ({ place: value, text: written(value, name) }));
  };

  const across = (view, x) => view.left + ((x - view.x0) / (view.x1 - view.x0)) * view.width;
  const down = (view, y) => view.top + ((view.y1 - y) / (view.y1 - view.y0)) * view.height;
  const inverse = (view, px, py) => ({
    x: view.x0 + ((px - view.left) / view.width) * (view.x1 - view.x0),
    y: view.y1 - ((py - view.top) / view.height) * (view.y1 - view.y0),
  });

  // ---- marks
  const INSIDE = {
    disc: (x, y) => x * x + y * y <= 1,
    square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.84,
    triangle: (x, y) => y <= 0.8 && y >= -0.95 && Math.abs(x) <= (y + 0.95) * 0.62,
    diamond: (x, y) => Math.abs(x) + Math.abs(y) <= 1.1,
    cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.36 && Math.max(Math.abs(x), Math.abs(y)) <= 1.05,
    ring: (x, y) => x * x + y * y <= 1.1 && x * x + y * y >= 0.35,
  };

  // The pixels that a mark covers, each with the share that is covered (0 to 255): [dx, dy, share, dx, ...]
  const stamp = (shape, radius, opacity) => {
    const reach = Math.ceil(radius * 1.1),
      pixels = [];
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        let hits = 0;
        for (let sub = 0; sub < 16; sub += 1) {
          if (INSIDE[shape]((dx - 0.375 + (sub % 4) / 4) / radius, (dy - 0.375 + Math.floor(sub / 4) / 4) / radius))
            hits += 1;
        }
        if (hits) pixels.push(dx, dy, Math.round((255 * opacity * hits) / 16));
      }
    }
    return Int16Array.from(pixels);
  };

  // A mark in a colour, ready to be laid over pixels: of each pixel its offset, what the colour brings (red and blue
  // together, green alone, both in 256ths), and how much of what lies below stays.
  const inked = (mark, [red, green, blue], width) => {
    const size = mark.length / 3;
    const ink = {
      offset: new Int32Array(size),
      redBlue: new Int32Array(size),
      green: new Int32Array(size),
      stays: new Int32Array(size),
      reach: 0,
    };
    for (let k = 0; k < size; k += 1) {
      const dx = mark[3 * k],
        dy = mark[3 * k + 1],
        share = Math.round((mark[3 * k + 2] * 256) / 255);
      ink.offset[k] = dy * width + dx;
      ink.redBlue[k] = Math.imul((blue << 16) | red, share);
      ink.green[k] = Math.imul(green << 8, share);
      ink.stays[k] = 256 - share;
      ink.reach = Math.max(ink.reach, Math.abs(dx), Math.abs(dy));
    }
    return ink;
  };

  const lay = (pixels, at, { offset, redBlue, green, stays }) => {
    for (let k = 0; k < offset.length; k += 1) {
      const place = at + offset[k],
        old = pixels[place],
        rest = stays[k];
      const rb = ((redBlue[k] + Math.imul(old & 0xff00ff, rest)) >>> 8) & 0xff00ff;
      const g = ((green[k] + Math.imul(old & 0xff00, rest)) >>> 8) & 0xff00;
      pixels[place] = 0xff000000 | rb | g;
    }
  };

  // Draw into the pixels of an ImageData as 32-bit words; marks: a stamp a group, or null where it is not seen; colours:
  // [red, green, blue] a group. A mark that would cross the edge of the picture is left out. Returns how many are drawn.
  const draw = (pixels, width, height, points, view, marks, colours) => {
    const inks = marks.map((mark, group) => mark && inked(mark, colours[group], width));
    const sx = view.width / (view.x1 - view.x0),
      sy = view.height / (view.y1 - view.y0);
    const { order, group, x, y } = points;
    let drawn = 0;
    for (let n = 0; n < order.length; n += 1) {
      const i = order[n],
        ink = inks[group[i]];
      if (!ink || !(x[i] >= view.x0 && x[i] <= view.x1 && y[i] >= view.y0 && y[i] <= view.y1)) continue;
      const px = Math.round(view.left + (x[i] - view.x0) * sx),
        py = Math.round(view.top + (view.y1 - y[i]) * sy);
      if (px < ink.reach || py < ink.reach || px >= width - ink.reach || py >= height - ink.reach) continue;
      lay(pixels, py * width + px, ink);
      drawn += 1;
    }
    return drawn;
  };

  // ---- finding
  // The point nearest to a place in pixels, no farther than `reach`; -1 for none. `counts` says of a group, and a point of it, whether it is seen.
  const nearest = (points, view, px, py, reach, counts) => {
    const sx = view.width / (view.x1 - view.x0),
      sy = view.height / (view.y1 - view.y0);
    let best = -1,
      least = reach * reach;
    for (let i = 0; i < points.x.length; i += 1) {
      const dx = view.left + (points.x[i] - view.x0) * sx - px,
        dy = view.top + (view.y1 - points.y[i]) * sy - py;
      const distance = dx * dx + dy * dy;
      if (distance < least && counts(points.group[i], i)) {
        best = i;
        least = distance;
      }
    }
    return best;
  };

  // The next point in a direction (dx, dy: one of them 0), within 45 degrees of it; -1 for none.
  const next = (points, view, from, dx, dy, counts) => {
    const sx = view.width / (view.x1 - view.x0),
      sy = view.height / (view.y1 - view.y0);
    let best = -1,
      least = Infinity;
    for (let i = 0; i < points.x.length; i += 1) {
      const ax = (points.x[i] - points.x[from]) * sx,
        ay = (points.y[from] - points.y[i]) * sy;
      const along = ax * dx + ay * dy,
        aside = Math.abs(ax * dy) + Math.abs(ay * dx);
      if (along <= 0 || aside > along || !counts(points.group[i], i) || !inside(view, points, i)) continue;
      if (along + 2 * aside < least) {
        best = i;
        least = along + 2 * aside;
      }
    }
    return best;
  };

  const inside = (area, points, i) =>
    points.x[i] >= area.x0 && points.x[i] <= area.x1 && points.y[i] >= area.y0 && points.y[i] <= area.y1;

  // The numbers of the points in an area { x0, x1, y0, y1 }.
  const within = (points, area, counts) => {
    const inArea = [];
    for (let i = 0; i < points.x.length; i += 1)
      if (inside(area, points, i) && counts(points.group[i], i)) inArea.push(i);
    return inArea;
  };

  atlas.drawing = { SHAPES, placed, extent, mixed, ticks, across, down, inverse, stamp, draw, nearest, next, within };
})();
