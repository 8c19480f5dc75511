// Finding on the map: which points a query means, and which names have room. Nothing here touches the document.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const PREFIX = 3; // letters from which on the beginning of a word is enough
  const ROOM = [8, 3]; // pixels between names, across and down
  const SHIFTS = [-0.9, 0.9, 0]; // heights of its line: above its features, below them, or among them

  const plain = (text) =>
    text
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase();
  const wordsOf = (text) => plain(text).match(/[\p{L}\p{N}]+/gu) || [];

  // A query is words that a name has, or a feature: 512, block3/512.
  const asked = (query) => {
    const feature = query.trim().match(/^(?:([^\s/]+)\/)?(\d+)$/);
    if (feature) return { dictionary: feature[1] || null, feature: Number(feature[2]), words: [] };
    return { feature: null, words: wordsOf(query) };
  };

  const means = (word, other) => other === word || (word.length >= PREFIX && other.startsWith(word));

  // The numbers of the points that a query means: those whose whole name it is first, and of these the best label first;
  // null where it asks for nothing.
  const matches = (points, query) => {
    const { dictionary, feature, words } = asked(query);
    if (feature === null && !words.length) return null;
    const { valueAt, partOf } = atlas.points;
    const known = new Map(); // name -> whether it is meant; many features share one
    const named = (name) => {
      if (!known.has(name)) {
        const own = wordsOf(name);
        const meant = words.every((word) => own.some((other) => means(word, other)));
        known.set(name, meant ? (own.join(" ") === words.join(" ") ? 2 : 1) : 0);
      }
      return known.get(name);
    };
    const found = [[], [], []];
    for (let i = 0; i < points.size; i += 1) {
      if (Number.isNaN(points.x[i])) continue;
      if (feature === null) found[named(valueAt(points, i, "label"))].push(i);
      else if (points.feature[i] === feature && (!dictionary || partOf(points, i) === dictionary)) found[2].push(i);
    }
    const auroc = (i) => valueAt(points, i, "auroc") || 0;
    const best = (a, b) => auroc(b) - auroc(a) || a - b;
    return [...found[2].sort(best), ...found[1].sort(best)];
  };

  // Which regions { name, x, y } have room for their names in a view, the first ones first; each with its box in pixels.
  // widthOf: the width of a name; height: that of a line; covered: boxes that hide what lies under them.
  const withRoom = (regions, view, widthOf, height, covered = []) => {
    const { across, down } = atlas.drawing;
    const [aside, above] = ROOM.map((room) => room * (view.scale || 1));
    const taken = [...covered];
    const free = (box) =>
      box.left >= view.left &&
      box.right <= view.left + view.width &&
      box.top >= view.top &&
      box.bottom <= view.top + view.height &&
      !taken.some(
        (other) =>
          box.left < other.right + aside &&
          box.right > other.left - aside &&
          box.top < other.bottom + above &&
          box.bottom > other.top - above,
      );
    for (const region of regions) {
      const half = widthOf(region) / 2,
        x = across(view, region.x),
        y = down(view, region.y);
      if (!(x >= view.left && x <= view.left + view.width && y >= view.top && y <= view.top + view.height)) continue;
      const middle = Math.min(Math.max(x, view.left + half), view.left + view.width - half);
      const box = SHIFTS.map((shift) => {
        const top = y + (shift - 0.5) * height;
        return { region, left: middle - half, right: middle + half, top, bottom: top + height };
      }).find(free);
      if (box) taken.push(box);
    }
    return taken.slice(covered.length);
  };

  atlas.finding = { asked, matches, withRoom };
})();
