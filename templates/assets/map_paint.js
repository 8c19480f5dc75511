// The picture of the map: marks, axes with their ticks, names of regions, the area and the ring around a feature.
// What is drawn is decided in map.js; how marks lie on pixels is in map_raster.js.
(() => {
  "use strict";
  const { atlas } = window;
  const { drawing } = atlas;
  const { element } = atlas.rows;
  const FAINT = 0.18; // of what a search does not mean
  const NAME = 13; // pixels, of a region's name
  const WIDE = [8, 15]; // features from which on a region's name is larger, and how large
  const HALO = 4;
  const NARROW = 600; // pixels: a phone
  const ALONE = [120, 11]; // points in view up to which each has its name, and how large
  const LARGER = 1.4; // what a search means

  atlas.painter = (map, canvas, titleOf) => {
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    let colours = new Map();
    let family = "";

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
    const ink = (name) => `rgb(${colourOf(name)})`;
    const font = (size, weight = 400) => {
      family = family || getComputedStyle(document.body).fontFamily;
      return `${weight} ${size}px ${family}`;
    };

    const radiusOf = (size) =>
      (size > 20000 ? 1.6 : size > 4000 ? 2.4 : 3.4) * (canvas.clientWidth < NARROW ? 0.75 : 1);

    const marks = (view) => {
      const { points, groups, found } = map;
      const radius = radiusOf(points.size) * view.scale,
        opacity = points.size > 20000 ? 0.65 : 0.8;
      const stamps = (size, strength) =>
        groups.map((group) => (group.shown ? drawing.stamp(group.shape, size, strength) : null));
      const shades = groups.map((group) => colourOf(group.style));
      const image = context.getImageData(0, 0, canvas.width, canvas.height);
      drawing.draw(
        new Uint32Array(image.data.buffer),
        image.width,
        image.height,
        found ? { ...points, group: map.shade, order: map.order } : points,
        view,
        [...stamps(found ? radius * LARGER : radius, found ? 1 : opacity), ...stamps(radius, opacity * FAINT)],
        [...shades, ...shades],
      );
      context.putImageData(image, 0, 0);
    };

    const line = (x0, y0, x1, y1) => {
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
    };

    const axes = (view) => {
      const size = 12 * view.scale,
        [x, y] = map.points.names;
      const right = view.left + view.width,
        bottom = view.top + view.height;
      context.font = font(size);
      context.fillStyle = ink("muted");
      context.strokeStyle = `rgba(${colourOf("muted")}, .25)`;
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

    // Names of regions, and where few points are seen, those of features that have one.
    const sizeOf = (region) => (region.features >= WIDE[0] ? WIDE[1] : region.features ? NAME : ALONE[1]);
    const named = (view, region) => {
      context.font = font(sizeOf(region) * view.scale, region.features ? 600 : 400);
      return region.name;
    };
    const alone = (view) => {
      const { points, groups } = map;
      const inView = drawing.within(points, view, (group) => groups[group].shown);
      if (inView.length > ALONE[0]) return [];
      return inView
        .map((i) => ({ name: atlas.points.shortName(points, i), x: points.x[i], y: points.y[i], features: 0 }))
        .filter(({ name }) => name);
    };

    const buttons = ({ scale }) => {
      const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = document.querySelector(".plot .tools");
      const [left, top] = [offsetLeft * scale, offsetTop * scale];
      return { left, top, right: left + offsetWidth * scale, bottom: top + offsetHeight * scale };
    };

    const names = (view) => {
      const widthOf = (region) => context.measureText(named(view, region)).width;
      map.boxes = atlas.finding.withRoom([...map.regions, ...alone(view)], view, widthOf, WIDE[1] * 1.15 * view.scale, [
        buttons(view),
      ]);
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = HALO * view.scale;
      for (const { region, left, right, top, bottom } of map.boxes) {
        const name = named(view, region),
          at = [(left + right) / 2, (top + bottom) / 2];
        context.globalAlpha = map.found && region.name !== map.query ? 0.35 : 1;
        context.strokeStyle = `rgba(${colourOf("paper")}, .85)`;
        context.strokeText(name, ...at);
        context.fillStyle = ink(region.features ? "ink" : "muted");
        context.fillText(name, ...at);
      }
      context.globalAlpha = 1;
      context.textBaseline = "alphabetic";
    };

    const outline = (view, area) => {
      const x = drawing.across(view, area.x0),
        y = drawing.down(view, area.y1);
      context.strokeStyle = ink("focus");
      context.lineWidth = 1.5 * view.scale;
      context.setLineDash([4 * view.scale, 3 * view.scale]);
      context.strokeRect(x, y, drawing.across(view, area.x1) - x, drawing.down(view, area.y0) - y);
      context.setLineDash([]);
    };

    const ring = (view, i) => {
      const circle = [drawing.across(view, map.points.x[i]), drawing.down(view, map.points.y[i]), 8 * view.scale, 0, 7];
      for (const [style, width] of [
        ["paper", 5],
        ["trace", 2.5],
      ]) {
        context.strokeStyle = ink(style);
        context.lineWidth = width * view.scale;
        context.beginPath();
        context.arc(...circle);
        context.stroke();
      }
    };

    const paint = (view) => {
      const started = performance.now();
      context.fillStyle = ink("paper");
      context.fillRect(0, 0, canvas.width, canvas.height);
      map.boxes = [];
      if (!map.view) return;
      if (!atlas.points.isMap(map.points)) axes(view);
      marks(view);
      if (atlas.points.isMap(map.points)) names(view);
      if (map.area) outline(view, map.area);
      if (map.current >= 0) ring(view, map.current);
      canvas.dataset.paintedMs = (performance.now() - started).toFixed(1);
    };

    // Another theme has other colours.
    const forget = () => {
      colours = new Map();
    };
    return { paint, forget };
  };
})();
