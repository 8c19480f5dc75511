// The points of the map: which columns they are made of, and the groups that colour them. The document is not touched.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const { DOING } = atlas.constants;
  const ALL = ""; // in place of a dictionary: every one that is no control
  const NONE = "none";
  const UNNAMED = "no name";
  const MAP_AXES = ["map_x", "map_y"];
  const OTHER_AXES = ["density", "auroc"]; // where an atlas has no map
  const STATES = [...atlas.constants.STATES].reverse(); // live ones first
  const TONES = 5;

  const meant = (index, name) => {
    const all = index.dictionaries.filter((entry) => entry.name);
    return name === ALL ? all.filter((entry) => !entry.controlOf) : all.filter((entry) => entry.name === name);
  };

  // All features of one dictionary or several: { x, y, group, order } as map_raster.js has them, and whose each point is.
  const load = async (dictionary, x, y) => {
    const entries = meant(await atlas.index(), dictionary);
    const names = [...new Set([x, y, "label", "density", "domain", "state", "auroc", "does"])];
    const parts = await Promise.all(
      entries.map(async ({ name, features }) => ({ name, size: features, columns: await atlas.columns(name, names) })),
    );
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const points = {
      names: [x, y],
      parts,
      size,
      x: new Float64Array(size),
      y: new Float64Array(size),
      group: new Uint8Array(size),
      part: new Uint8Array(size),
      feature: new Uint32Array(size),
      order: atlas.drawing.mixed(size),
    };
    let from = 0;
    parts.forEach((part, number) => {
      points.x.set(atlas.drawing.placed(part.columns[x], x), from);
      points.y.set(atlas.drawing.placed(part.columns[y], y), from);
      for (let feature = 0; feature < part.size; feature += 1, from += 1) {
        points.part[from] = number;
        points.feature[from] = feature;
        if (Number.isNaN(points.x[from])) points.y[from] = NaN;
        if (Number.isNaN(points.y[from])) points.x[from] = NaN;
      }
    });
    return points;
  };

  const valueAt = (points, i, column) => points.parts[points.part[i]].columns[column][points.feature[i]];
  const partOf = (points, i) => points.parts[points.part[i]].name;
  const nameOf = (points, i) => `${partOf(points, i)}/${points.feature[i]}`;
  // What it is called, without what tells it apart from others of its name; empty where nothing names it.
  const shortName = (points, i) => {
    const label = valueAt(points, i, "label");
    return label === UNNAMED ? "" : label.replace(/ \(.*\)$/, "");
  };
  const isMap = (points) => points.names.every((name, place) => name === MAP_AXES[place]);

  // ---- groups: { name, style (a class that colours), shape }, and the group of each point
  const named = (names, styleOf) =>
    names.map((name, place) => ({
      name,
      style: styleOf(name, place),
      shape: atlas.drawing.SHAPES[(place + Math.floor(place / 6)) % 6],
    })); // twelve that differ
  const category = (_, place) => `category-${(place % 6) + 1}`;

  const byDensity = (points) => {
    const values = Array.from({ length: points.size }, (_, i) => valueAt(points, i, "density"));
    const sorted = Float64Array.from(values.filter((value) => value > 0)).sort();
    const edges = Array.from({ length: TONES - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / TONES)]);
    const { percent } = atlas.figures;
    const names = edges
      .map((edge, i) => (i ? `from ${percent(edges[i - 1])}` : `below ${percent(edge)}`))
      .concat(`from ${percent(edges[TONES - 2])}`);
    const groups = names.map((name, i) => ({ name, style: `tone-${i + 1}`, shape: "disc" }));
    return { groups, of: (i) => edges.filter((edge) => values[i] >= edge).length };
  };

  const byText = (points, column, names, styleOf) => {
    const places = new Map(names.map((name, place) => [name, place]));
    const other = places.get(NONE) ?? places.get(DOING.at(-1)) ?? 0;
    return { groups: named(names, styleOf), of: (i) => places.get(valueAt(points, i, column)) ?? other };
  };

  // Put every point into a group, by domain, density, state or dictionary; the groups, with their sizes.
  const group = (points, by, domains) => {
    const styles = new Map(domains.map((domain) => [domain.name, domain.style]));
    const kinds = {
      density: () => byDensity(points),
      state: () => byText(points, "state", STATES, category),
      does: () => byText(points, "does", DOING, category),
      dictionary: () => ({
        groups: named(
          points.parts.map((part) => part.name),
          category,
        ),
        of: (i) => points.part[i],
      }),
      domain: () => byText(points, "domain", [...styles.keys(), NONE], (name) => styles.get(name) || "other"),
    };
    const { groups, of } = (kinds[by] || kinds.domain)();
    const sizes = new Array(groups.length).fill(0);
    for (let i = 0; i < points.size; i += 1) {
      points.group[i] = of(i);
      if (!Number.isNaN(points.x[i])) sizes[points.group[i]] += 1;
    }
    return groups.map((entry, place) => ({ ...entry, size: sizes[place], shown: true }));
  };

  atlas.points = { MAP_AXES, OTHER_AXES, load, group, valueAt, partOf, nameOf, shortName, isMap };
})();
