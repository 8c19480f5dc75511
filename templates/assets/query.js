// Search without a page: what an address asks, which features match it and why, and in what order. Nothing here touches
// the document. A shelf is one dictionary: { name, size, control, columns, terms }, terms as atlas.terms gives them.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});

  const FACETS = ["dictionary", "domain", "state"];
  const RANGES = ["density", "max", "auroc"];
  const HIDDEN = ["dead", "padding", "controls"]; // unless the address shows them
  const SORTS = {
    match: "best match",
    auroc: "AUROC of the best label",
    density: "density, highest first",
    "-density": "density, lowest first",
    max: "maximum",
    number: "number",
  };
  // How a text leads to a feature, the strongest way first.
  const WAYS = ["found", "timed", "explained", "heard"];

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[_\s]+/gu, " ").trim();
  const words = (text) => fold(text).split(" ").filter(Boolean);

  // A word of the question stands at the start of a word of the text, so both begin with a space; in scripts that part
  // no words it may stand anywhere.
  const spaced = (text) => ` ${fold(text)}`;
  const needle = (word) => (/[\u2e80-\uffef]/u.test(word) ? word : ` ${word}`);

  // ---- the address
  const numeric = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : null);
  const bounds = (text) => {
    const found = /^([^~]*)~([^~]*)$/.exec(text || "");
    return found ? [numeric(found[1]), numeric(found[2])] : [null, null];
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
    for (const name of RANGES) pairs.push([name, bounded(asked, name) ? asked[name].map((bound) => bound ?? "").join("~") : ""]);
    pairs.push(["sort", asked.sort === "match" ? "" : asked.sort]);
    const kept = pairs.filter(([, value]) => value !== "");
    return kept.length ? `?${kept.map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",")}`).join("&")}` : "";
  };

  // `block2/1234` or `1234`: the features that are meant, where there are such.
  const jumps = (text, shelves) => {
    const found = /^\s*(?:([a-z0-9][a-z0-9._-]*)\/)?(\d{1,9})\s*$/.exec(text);
    if (!found) return [];
    const number = Number(found[2]);
    const meant = shelves.filter((shelf) => (found[1] ? shelf.name === found[1] : !shelf.control) && number < shelf.size);
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
      (shelf.columns.explanation || []).forEach((text, feature) => { if (text) explained.push([feature, spaced(text)]); });
      prepared.set(shelf, { terms, explained });
    }
    return prepared.get(shelf);
  };

  // The strongest way by which one word leads to each feature: a rank (0: none), its value, and the term it goes by.
  const led = (shelf, word) => {
    const { terms, explained } = ready(shelf);
    const rank = new Uint8Array(shelf.size), value = new Float32Array(shelf.size), by = new Int32Array(shelf.size).fill(-1);
    const lead = (feature, itsRank, itsValue, term) => {
      if (itsRank < rank[feature] || (itsRank === rank[feature] && itsValue <= value[feature])) return;
      rank[feature] = itsRank; value[feature] = itsValue; by[feature] = term;
    };
    const sought = needle(word);
    terms.forEach((term, place) => {
      if (!term.folded.includes(sought)) return;
      const itsRank = WAYS.length - WAYS.indexOf(term.way);
      term.features.forEach((feature, at) => lead(feature, itsRank, term.values[at], place));
    });
    const itsRank = WAYS.length - WAYS.indexOf("explained");
    for (const [feature, text] of explained) if (text.includes(sought)) lead(feature, itsRank, 0, -1);
    return { rank, value, by };
  };

  // Every word must lead to a feature; the weakest way counts. The last answer of each shelf is kept.
  const answered = new WeakMap();
  const matches = (shelf, q) => {
    const kept = answered.get(shelf);
    if (kept && kept.q === q) return kept.match;
    const match = words(q).map((word) => led(shelf, word)).reduce((all, one) => (all ? weaker(all, one) : one), null);
    answered.set(shelf, { q, match });
    return match;
  };

  const weaker = (all, { rank, value, by }) => {
    for (let feature = 0; feature < rank.length; feature += 1) {
      if (rank[feature] > all.rank[feature] || (rank[feature] === all.rank[feature] && value[feature] >= all.value[feature])) continue;
      all.rank[feature] = rank[feature]; all.value[feature] = value[feature]; all.by[feature] = by[feature];
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
  const within = (value, [low, high]) => (low === null && high === null) || (value >= (low ?? -Infinity) && value <= (high ?? Infinity));

  const bounded = (asked, name) => asked[name].some((bound) => bound !== null);

  const wanted = (shelf, asked) => {
    if (asked.dictionary.length && !asked.dictionary.includes(shelf.name)) return null;
    if (shelf.control && !asked.show.includes("controls") && !asked.dictionary.includes(shelf.name)) return null;
    const { state, domain, flags } = shelf.columns;
    const dead = asked.show.includes("dead") || asked.state.includes("dead");
    const padding = asked.show.includes("padding");
    const ranges = RANGES.filter((name) => bounded(asked, name)).map((name) => [shelf.columns[name], asked[name]]);
    return (feature) =>
      (dead || state[feature] !== "dead") &&
      (padding || !flags[feature] || !flags[feature].includes("padding")) &&
      (!asked.state.length || asked.state.includes(state[feature])) &&
      (!asked.domain.length || asked.domain.includes(domain[feature])) &&
      ranges.every(([values, range]) => within(values[feature], range));
  };

  const keys = {
    match: (shelf, match) => (match ? (feature) => 10 * match.rank[feature] + match.value[feature] / (match.rank[feature] === 1 ? 100 : 1) : keys.auroc(shelf)),
    auroc: (shelf) => (feature) => shelf.columns.auroc[feature],
    density: (shelf) => (feature) => shelf.columns.density[feature],
    "-density": (shelf) => (feature) => -shelf.columns.density[feature],
    max: (shelf) => (feature) => shelf.columns.max[feature],
    number: () => (feature) => -feature,
  };

  // The features of each shelf that fit, by number.
  const fitting = (shelves, asked) => {
    const found = [];
    for (const shelf of shelves) {
      const keep = wanted(shelf, asked);
      if (!keep) continue;
      const match = matches(shelf, asked.q);
      const features = [];
      for (let feature = 0; feature < shelf.size; feature += 1) if ((!match || match.rank[feature]) && keep(feature)) features.push(feature);
      found.push({ shelf, match, features });
    }
    return found;
  };

  const count = (shelves, asked) => fitting(shelves, asked).reduce((sum, { features }) => sum + features.length, 0);

  // The first `most` features by key, ties by dictionary and number; and how many there are.
  const search = (shelves, asked, most) => {
    const found = fitting(shelves, asked);
    const rows = [];
    for (const { shelf, match, features } of found) {
      const key = keys[asked.sort](shelf, match);
      for (const feature of features) {
        const size = key(feature);
        if (rows.length < most || size > rows[most - 1].size) insert(rows, most, { shelf, match, feature, size: Number.isNaN(size) ? -Infinity : size });
      }
    }
    return {
      total: found.reduce((sum, { features }) => sum + features.length, 0),
      rows: rows.map(({ shelf, match, feature }) => ({ shelf, feature, why: reasonOf(shelf, match, feature) })),
    };
  };

  // Keep the largest `most`, in order; of equals, those that came first. Blank sizes come last.
  const insert = (rows, most, row) => {
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].size >= row.size) low = middle + 1;
      else high = middle;
    }
    rows.splice(low, 0, row);
    if (rows.length > most) rows.pop();
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
    const question = words(asked.q), needles = question.map(needle);
    const merged = new Map();
    if (!question.length) return [];
    for (const shelf of shelves) {
      if (!wanted(shelf, asked)) continue;
      const seen = new Map(); // the features that a card has of this shelf
      for (const term of ready(shelf).terms) {
        if (!term.page || !needles.every((sought) => term.folded.includes(sought))) continue;
        const name = `${term.kind} ${term.label}`;
        if (!merged.has(name)) merged.set(name, { kind: term.kind, label: term.label, origin: term.origin, page: term.page, exact: term.folded === ` ${question.join(" ")}`, features: 0 });
        merged.get(name).features += term.way === "heard" ? 0 : addedBy(term, seen, name);
      }
    }
    const all = [...merged.values()].filter((card) => card.features);
    return all.sort((one, other) => other.exact - one.exact || other.features - one.features || (one.label < other.label ? -1 : 1));
  };

  // How many features that else fit an address hides, by reason; of controls it says nothing, as they may not be loaded.
  const hidden = (shelves, asked, total) =>
    ["dead", "padding"].filter((name) => !asked.show.includes(name))
      .map((name) => ({ name, features: count(shelves, { ...asked, show: [...asked.show, name] }) - total }))
      .filter((one) => one.features > 0);

  const unfiltered = (asked, q) => ({ ...parse(""), q, show: asked.show, sort: asked.sort });

  // Which part of a question to give up, and how many features that would bring; where no part alone helps, what each
  // word alone would bring without any filter.
  const loosened = (shelves, asked) => {
    const told = words(asked.q);
    const without = [
      ...FACETS.filter((name) => asked[name].length).map((name) => ({ filter: name, asked: { ...asked, [name]: [] } })),
      ...RANGES.filter((name) => bounded(asked, name)).map((name) => ({ filter: name, asked: { ...asked, [name]: [null, null] } })),
      ...(told.length > 1 ? told.map((word) => ({ without: word, asked: { ...asked, q: told.filter((other) => other !== word).join(" ") } })) : []),
    ];
    const alone = told.map((word) => ({ only: word, asked: unfiltered(asked, word) }));
    const helpful = (tries) => tries.map((one) => ({ ...one, features: count(shelves, one.asked) })).filter((one) => one.features > 0);
    const first = helpful(without);
    return first.length ? first : helpful(alone);
  };

  atlas.query = { FACETS, RANGES, SORTS, ready, fold, parse, written, jumps, search, cards, hidden, loosened };
})();
