// Search without a page: what an address asks, which features match it and why, and in what order. Nothing here touches
// the document. A shelf is one dictionary: { name, size, control, columns, terms }, terms as atlas.terms gives them.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});

  const { NAME_PATTERN, RANGES, WAYS } = atlas.constants;
  const FACETS = ["dictionary", "domain", "state", "peak_tier"];
  const HIDDEN = ["dead", "padding", "controls"]; // unless the address shows them
  const PADDING = "padding"; // the label of features that nothing but padding is found for; the flag alone hides none
  const SORTS = {
    match: "best match",
    auroc: "AUROC of the best label",
    density: "density, highest first",
    "-density": "density, lowest first",
    max: "maximum",
    number: "number",
  };

  const fold = (text) =>
    text
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[_\s]+/gu, " ")
      .trim();
  const words = (text) => fold(text).split(" ").filter(Boolean);

  // What a text may mean: all of its words, or, as pages write it, a kind and then words: "phone s", "language de".
  const readings = (text) => {
    const parts = words(text);
    const plain = { kind: null, parts };
    return parts.length > 1 ? [plain, { kind: parts[0], parts: parts.slice(1) }] : [plain];
  };
  const ofKind = (term, kind) => kind === null || term.kind === kind;

  // A word of the question stands at the start of a word of the text, so both begin with a space; in scripts that part
  // no words it may stand anywhere.
  const spaced = (text) => ` ${fold(text)}`;
  const needle = (word) => (/[\u2e80-\uffef]/u.test(word) ? word : ` ${word}`);

  // ---- the address
  const numeric = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : null);
  const bounds = (text) => {
    const match = /^([^~]*)~([^~]*)$/.exec(text || "");
    return match ? [numeric(match[1]), numeric(match[2])] : [null, null];
  };

  const parse = (address) => {
    const given = new URLSearchParams(address);
    const many = (name) => [...new Set((given.get(name) || "").split(",").filter(Boolean))];
    return {
      q: (given.get("q") || "").slice(0, 200),
      ...Object.fromEntries(FACETS.map((name) => [name, many(name)])),
      ...Object.fromEntries(RANGES.map((name) => [name, bounds(given.get(name))])),
      show: many("show").filter((name) => HIDDEN.includes(name)),
      sort: Object.hasOwn(SORTS, given.get("sort")) ? given.get("sort") : "match",
    };
  };

  const written = (asked) => {
    const pairs = [["q", asked.q.trim()]];
    for (const name of [...FACETS, "show"]) pairs.push([name, asked[name].join(",")]);
    for (const name of RANGES)
      pairs.push([name, bounded(asked, name) ? asked[name].map((bound) => bound ?? "").join("~") : ""]);
    pairs.push(["sort", asked.sort === "match" ? "" : asked.sort]);
    const kept = pairs.filter(([, value]) => value !== "");
    return kept.length
      ? `?${kept.map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",")}`).join("&")}`
      : "";
  };

  // `block2/1234` or `1234`: the features that are meant, where there are such; `block2`: the dictionary.
  const NUMBERED = new RegExp(`^\\s*(?:(${NAME_PATTERN})/)?(\\d{1,9})\\s*$`);
  const jumps = (text, shelves) => {
    const match = NUMBERED.exec(text);
    if (!match)
      return shelves
        .filter((shelf) => shelf.name === text.trim())
        .map((shelf) => ({ dictionary: shelf.name, feature: null }));
    const number = Number(match[2]);
    const meant = shelves.filter(
      (shelf) => (match[1] ? shelf.name === match[1] : !shelf.control) && number < shelf.size,
    );
    return meant.map((shelf) => ({ dictionary: shelf.name, feature: number }));
  };

  // ---- what matches
  const prepared = new WeakMap(); // shelf -> its terms and explanations, folded once
  const ready = (shelf) => {
    if (!prepared.has(shelf)) {
      const terms = shelf.terms.map(([kind, label, way, origin, page, steps, values]) => {
        const features = new Uint32Array(steps.length);
        steps.reduce((sum, step, place) => (features[place] = sum + step), 0);
        return { kind, label, folded: spaced(label), way, origin, page, features, values };
      });
      const explained = [];
      (shelf.columns.explanation || []).forEach((text, feature) => {
        if (text) explained.push([feature, spaced(text)]);
      });
      prepared.set(shelf, { terms, explained });
    }
    return prepared.get(shelf);
  };

  const rankOf = (way) => WAYS.length - WAYS.indexOf(way);
  const lead = (match, feature, rank, value, term) => {
    if (rank < match.rank[feature] || (rank === match.rank[feature] && value <= match.value[feature])) return;
    match.rank[feature] = rank;
    match.value[feature] = value;
    match.by[feature] = term;
  };

  // The strongest way by which one word leads to each feature: a rank (0: none), its value, and the term it goes by.
  const led = (shelf, word, kind) => {
    const { terms, explained } = ready(shelf);
    const match = {
      rank: new Uint8Array(shelf.size),
      value: new Float32Array(shelf.size),
      by: new Int32Array(shelf.size).fill(-1),
    };
    const sought = needle(word);
    terms.forEach((term, place) => {
      if (!ofKind(term, kind) || !term.folded.includes(sought)) return;
      term.features.forEach((feature, at) => {
        lead(match, feature, rankOf(term.way), term.values[at], place);
      });
    });
    if (kind === null)
      for (const [feature, text] of explained)
        if (text.includes(sought)) lead(match, feature, rankOf("explained"), 0, -1);
    return match;
  };

  // A label that is asked for by its whole name, such as the phone s, comes before all that only begin with it.
  const whole = (shelf, { kind, parts }, match) => {
    const name = ` ${parts.join(" ")}`;
    ready(shelf).terms.forEach((term, place) => {
      if (term.way === "heard" || term.folded !== name || !ofKind(term, kind)) return;
      term.features.forEach((feature, at) => {
        lead(match, feature, WAYS.length + rankOf(term.way), term.values[at], place);
      });
    });
    return match;
  };

  // Every word must lead to a feature, and the weakest way counts; of two readings, the stronger.
  const read = (shelf, reading) =>
    whole(shelf, reading, reading.parts.map((word) => led(shelf, word, reading.kind)).reduce(weaker));
  const answered = new WeakMap(); // the last answer of each shelf
  const matches = (shelf, q) => {
    const kept = answered.get(shelf);
    if (kept && kept.q === q) return kept.match;
    const match = words(q).length
      ? readings(q)
          .map((reading) => read(shelf, reading))
          .reduce(stronger)
      : null;
    answered.set(shelf, { q, match });
    return match;
  };

  const stronger = (all, { rank, value, by }) => {
    for (let feature = 0; feature < rank.length; feature += 1)
      lead(all, feature, rank[feature], value[feature], by[feature]);
    return all;
  };

  const weaker = (all, { rank, value, by }) => {
    for (let feature = 0; feature < rank.length; feature += 1) {
      if (
        rank[feature] > all.rank[feature] ||
        (rank[feature] === all.rank[feature] && value[feature] >= all.value[feature])
      )
        continue;
      all.rank[feature] = rank[feature];
      all.value[feature] = value[feature];
      all.by[feature] = by[feature];
    }
    return all;
  };

  const reasonOf = (shelf, match, feature) => {
    if (!match) return null;
    if (match.by[feature] < 0) return { way: "explained" };
    const { kind, label, way } = ready(shelf).terms[match.by[feature]];
    return { way, kind, label, value: match.value[feature] };
  };

  // ---- what is asked besides
  const within = (value, [low, high]) =>
    (low === null && high === null) || (value >= (low ?? -Infinity) && value <= (high ?? Infinity));

  const bounded = (asked, name) => asked[name].some((bound) => bound !== null);

  const wanted = (shelf, asked) => {
    if (asked.dictionary.length && !asked.dictionary.includes(shelf.name)) return null;
    if (shelf.control && !asked.show.includes("controls") && !asked.dictionary.includes(shelf.name)) return null;
    const { state, domain, label, peak_tier: tier } = shelf.columns;
    const dead = asked.show.includes("dead") || asked.state.includes("dead");
    const padding = asked.show.includes("padding");
    const ranges = RANGES.filter((name) => bounded(asked, name)).map((name) => [shelf.columns[name], asked[name]]);
    return (feature) =>
      (dead || state[feature] !== "dead") &&
      (padding || label[feature] !== PADDING) &&
      (!asked.state.length || asked.state.includes(state[feature])) &&
      (!asked.domain.length || asked.domain.includes(domain[feature])) &&
      (!asked.peak_tier.length || asked.peak_tier.includes(tier[feature])) &&
      ranges.every(([values, range]) => within(values[feature], range));
  };

  const keys = {
    match: (shelf, match) =>
      match
        ? (feature) => 10 * match.rank[feature] + match.value[feature] / (match.rank[feature] === 1 ? 100 : 1)
        : keys.auroc(shelf),
    auroc: (shelf) => (feature) => shelf.columns.auroc[feature],
    density: (shelf) => (feature) => shelf.columns.density[feature],
    "-density": (shelf) => (feature) => -shelf.columns.density[feature],
    max: (shelf) => (feature) => shelf.columns.max[feature],
    number: () => (feature) => -feature,
  };

  // The features of each shelf that fit, by number.
  const fitting = (shelves, asked) => {
    const fits = [];
    for (const shelf of shelves) {
      const keep = wanted(shelf, asked);
      if (!keep) continue;
      const match = matches(shelf, asked.q);
      const features = [];
      for (let feature = 0; feature < shelf.size; feature += 1)
        if ((!match || match.rank[feature]) && keep(feature)) features.push(feature);
      fits.push({ shelf, match, features });
    }
    return fits;
  };

  const count = (shelves, asked) => fitting(shelves, asked).reduce((sum, { features }) => sum + features.length, 0);

  // The first `most` features by key, ties by dictionary and number; and how many there are.
  const search = (shelves, asked, most) => {
    const fits = fitting(shelves, asked);
    const rows = [];
    for (const { shelf, match, features } of fits) {
      const key = keys[asked.sort](shelf, match);
      for (const feature of features) {
        const size = key(feature);
        if (rows.length < most || size > rows[most - 1].size)
          insert(rows, most, { shelf, match, feature, size: Number.isNaN(size) ? -Infinity : size });
      }
    }
    return {
      total: fits.reduce((sum, { features }) => sum + features.length, 0),
      rows: rows.map(({ shelf, match, feature }) => ({ shelf, feature, why: reasonOf(shelf, match, feature) })),
    };
  };

  // Keep the largest `most`, in order; of equals, those that came first. Blank sizes come last.
  const insert = (rows, most, row) => {
    let low = 0,
      high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].size >= row.size) low = middle + 1;
      else high = middle;
    }
    rows.splice(low, 0, row);
    if (rows.length > most) rows.pop();
  };

  // The clips whose transcripts hold every word asked, by place.
  const foldedTexts = new WeakMap();
  const spoken = (texts, q) => {
    const needles = words(q).map(needle);
    if (!needles.length) return [];
    if (!foldedTexts.has(texts)) {
      const letters = (text) => spaced(text.replace(/[^\p{L}\p{M}\p{N}']+/gu, " "));
      foldedTexts.set(texts, texts.map(letters));
    }
    const folded = foldedTexts.get(texts);
    return texts.map((_, place) => place).filter((place) => needles.every((word) => folded[place].includes(word)));
  };

  // The words around the first of a text that begins with one of those asked: before, the word itself, after.
  const around = (text, q) => {
    const asked = words(q);
    const all = text.split(" ");
    const bare = (word) => fold(word.replace(/^[^\p{L}\p{N}]+/u, ""));
    const at = Math.max(
      0,
      all.findIndex((word) => asked.some((start) => bare(word).startsWith(start))),
    );
    return [all.slice(Math.max(0, at - 6), at), [all[at]], all.slice(at + 1, at + 12)].map((part) => part.join(" "));
  };

  // How many features a term adds to a card; a word may be found in texts and in time.
  const addedBy = (term, seen, name) => {
    if (!seen.has(name)) {
      seen.set(name, term.features);
      return term.features.length;
    }
    const before = new Set(seen.get(name));
    return term.features.filter((feature) => !before.has(feature)).length;
  };

  // Labels, words and phones that hold every word asked: the exact one first, then by how many features find them.
  const cards = (shelves, asked) => {
    const meant = readings(asked.q).map(({ kind, parts }) => ({
      kind,
      needles: parts.map(needle),
      name: ` ${parts.join(" ")}`,
    }));
    const fits = (term, { kind, needles }) =>
      ofKind(term, kind) && needles.every((sought) => term.folded.includes(sought));
    const merged = new Map();
    if (!words(asked.q).length) return [];
    for (const shelf of shelves) {
      if (!wanted(shelf, asked)) continue;
      const seen = new Map(); // the features that a card has of this shelf
      for (const term of ready(shelf).terms) {
        const fitting = term.page ? meant.filter((reading) => fits(term, reading)) : [];
        if (!fitting.length) continue;
        const name = `${term.kind} ${term.label}`;
        if (!merged.has(name))
          merged.set(name, {
            kind: term.kind,
            label: term.label,
            origin: term.origin,
            page: term.page,
            exact: fitting.some((reading) => term.folded === reading.name),
            features: 0,
          });
        merged.get(name).features += term.way === "heard" ? 0 : addedBy(term, seen, name);
      }
    }
    const all = [...merged.values()].filter((card) => card.features);
    return all.sort((a, b) => b.exact - a.exact || b.features - a.features || (a.label < b.label ? -1 : 1));
  };

  // How many features that else fit an address hides, by reason; of controls it says nothing, as they may not be loaded.
  const hidden = (shelves, asked, total) =>
    ["dead", "padding"]
      .filter((name) => !asked.show.includes(name))
      .map((name) => ({ name, features: count(shelves, { ...asked, show: [...asked.show, name] }) - total }))
      .filter((reason) => reason.features > 0);

  const unfiltered = (asked, q) => ({ ...parse(""), q, show: asked.show, sort: asked.sort });

  // Which part of a question to give up, and how many features that would bring; where no part alone helps, what each
  // word alone would bring without any filter.
  const loosened = (shelves, asked) => {
    const parts = words(asked.q);
    const without = [
      ...FACETS.filter((name) => asked[name].length).map((name) => ({ filter: name, asked: { ...asked, [name]: [] } })),
      ...RANGES.filter((name) => bounded(asked, name)).map((name) => ({
        filter: name,
        asked: { ...asked, [name]: [null, null] },
      })),
      ...(parts.length > 1
        ? parts.map((word) => ({
            without: word,
            asked: { ...asked, q: parts.filter((other) => other !== word).join(" ") },
          }))
        : []),
    ];
    const alone = parts.map((word) => ({ only: word, asked: unfiltered(asked, word) }));
    const helpful = (tries) =>
      tries
        .map((attempt) => ({ ...attempt, features: count(shelves, attempt.asked) }))
        .filter((attempt) => attempt.features > 0);
    const first = helpful(without);
    return first.length ? first : helpful(alone);
  };

  atlas.query = {
    FACETS,
    RANGES,
    SORTS,
    NUMBERED,
    ready,
    fold,
    parse,
    written,
    jumps,
    search,
    cards,
    hidden,
    loosened,
    spoken,
    around,
  };
})();
