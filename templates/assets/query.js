// Search without a page: what an address asks, which features match it and why, and in what order. Nothing here touches
// the document. A shelf is one dictionary: { name, size, control, columns, terms }, terms: number of a label -> its terms.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});

  const { DOING, NAMELESS, NAME_PATTERN, RANGES, WAYS } = atlas.constants;
  const { CARRIED, KIN, PART, WHOLE, titleOf, spaced, needle, stem, stems, words } = atlas.vocabulary;
  const FACETS = ["dictionary", "domain", "state", "peak_tier", "does"];
  const NOT_MEASURED = DOING.at(-1); // what a feature does of which nothing is known
  const HIDDEN = ["dead", "padding", "controls"]; // unless the address shows them
  const PADDING = "padding"; // the label of features that nothing but padding is found for; the flag alone hides none
  const SORTS = {
    match: "best match",
    beyond: "beyond every control",
    auroc: "AUROC of the best label",
    density: "density, highest first",
    "-density": "density, lowest first",
    max: "maximum",
    number: "number",
  };
  // Where effects were measured.
  const EFFECT_SORTS = { effect_size: "size of effect, nats", effect_statistic: "effect beyond its decoy's, nats" };

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
      sort: [SORTS, EFFECT_SORTS].some((sorts) => Object.hasOwn(sorts, given.get("sort")))
        ? given.get("sort")
        : "match",
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

  // The figures that an address needs besides the names, as it sorts or bounds by them.
  const needed = (asked) => {
    const sorted = asked.sort.replace("-", "");
    const figures = ["auroc", "density", "max", ...Object.keys(EFFECT_SORTS)];
    const sorting = sorted === "effect_statistic" ? [sorted, "effect_size"] : [sorted];
    return figures.filter((name) => sorting.includes(name) || (RANGES.includes(name) && bounded(asked, name)));
  };

  // ---- what matches
  // Ranks: how well the label answers, then the way; an explanation comes after all that is measured.
  const EXPLAINED = 1;
  const rankOf = (way, quality) => quality * WAYS.length + WAYS.length - WAYS.indexOf(way);
  const wayOf = (rank) => WAYS[WAYS.length - 1 - ((rank - 1) % WAYS.length)];
  const NOTHING = -1;

  const nothing = (shelf) => ({
    rank: new Uint8Array(shelf.size),
    value: new Float32Array(shelf.size),
    by: new Int32Array(shelf.size).fill(NOTHING),
  });
  const lead = (match, feature, rank, value, label) => {
    if (rank < match.rank[feature] || (rank === match.rank[feature] && value <= match.value[feature])) return;
    match.rank[feature] = rank;
    match.value[feature] = value;
    match.by[feature] = label;
  };
  const follow = (shelf, label, quality, match) => {
    for (const { way, features, values } of shelf.terms.get(label) || []) {
      if (quality === WHOLE && way === "heard") continue;
      const rank = rankOf(way, quality);
      features.forEach((feature, at) => {
        lead(match, feature, rank, values[at], label);
      });
    }
  };

  const folded = new WeakMap(); // a column of explanations -> [feature, text]
  const explained = (shelf, word, match) => {
    const texts = shelf.columns.explanation;
    if (!texts || /^\d+$/.test(word)) return;
    if (!folded.has(texts))
      folded.set(
        texts,
        [...texts.entries()].filter(([, text]) => text),
      );
    const sought = [word, stem(word)].filter((start) => start === word || start.length > 3).map(needle);
    for (const entry of folded.get(texts)) {
      if (entry.length === 2) entry.push(spaced(entry[1]));
      if (sought.some((start) => entry[2].includes(start))) lead(match, entry[0], EXPLAINED, 0, NOTHING);
    }
  };

  // The titles that rows show: what tells features of one name apart stands nowhere else. Many features share a title.
  const titles = new WeakMap(); // a column of titles -> title -> { text, stems, features }
  const titlesOf = (column) => {
    if (!titles.has(column)) {
      const known = new Map();
      for (const [feature, title] of column.entries()) {
        if (!title || title === NAMELESS) continue;
        if (!known.has(title)) {
          const text = words(title).join(" ");
          known.set(title, { text: ` ${text} `, stems: stems(text), features: [] });
        }
        known.get(title).features.push(feature);
      }
      titles.set(column, known);
    }
    return titles.get(column).values();
  };
  const titled = (shelf, isMeant, quality, match) => {
    for (const title of titlesOf(shelf.columns.label))
      if (isMeant(title))
        for (const feature of title.features) lead(match, feature, rankOf("titled", quality), 0, NOTHING);
  };
  const hasWord = (word) => {
    const sought = needle(word),
      root = ` ${stem(word)} `;
    return (title) => title.text.includes(sought) || (root.length > 5 && title.stems.includes(root));
  };

  // Every word must lead to a feature, and the weakest way counts; what is named in full comes before all else.
  const read = (shelf, meaning) => {
    const parts = meaning.parts.map((hits, place) => {
      const match = nothing(shelf);
      const word = meaning.words[place];
      for (const [label, quality] of hits) follow(shelf, label, quality, match);
      if (word) {
        titled(shelf, hasWord(word), PART, match);
        explained(shelf, word, match);
      }
      return match;
    });
    const match = parts.reduce(weaker);
    for (const label of meaning.whole) follow(shelf, label, WHOLE, match);
    const whole = ` ${meaning.words.join(" ")} `;
    if (meaning.words.length) titled(shelf, ({ text }) => text === whole, WHOLE, match);
    return match;
  };

  const answered = new WeakMap(); // the last answer of each shelf
  const matches = (shelf, plan) => {
    const kept = answered.get(shelf);
    const { explanation } = shelf.columns;
    if (kept && kept.q === plan.q && kept.explanation === explanation) return kept.match;
    const match = plan.meant.length ? plan.meant.map((meaning) => read(shelf, meaning)).reduce(stronger) : null;
    answered.set(shelf, { q: plan.q, explanation, match });
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

  // What leads to a feature that is named so is told by its evidence, where there is some.
  const evidence = (shelf, feature, word) => {
    for (const { way, features, values } of shelf.terms.get(word) || []) {
      const at = way === "named" ? -1 : features.indexOf(feature);
      if (at >= 0) return { way, word, value: values[at] };
    }
    return null;
  };
  const reasonOf = (shelf, match, feature) => {
    if (!match) return null;
    const way = wayOf(match.rank[feature]),
      word = match.by[feature];
    if (word === NOTHING) return { way };
    return (way === "named" && evidence(shelf, feature, word)) || { way, word, value: match.value[feature] };
  };

  // ---- what is asked besides
  const within = (value, [low, high]) =>
    (low === null && high === null) || (value >= (low ?? -Infinity) && value <= (high ?? Infinity));

  const bounded = (asked, name) => asked[name].some((bound) => bound !== null);

  // What is hidden is shown to who asks for it, by a chip or in words.
  const shows = (asked, name) => asked.show.includes(name) || words(asked.q).includes(name);

  const wanted = (shelf, asked) => {
    if (asked.dictionary.length && !asked.dictionary.includes(shelf.name)) return null;
    if (shelf.control && !asked.show.includes("controls") && !asked.dictionary.includes(shelf.name)) return null;
    const { state, domain, label, peak_tier: tier, does } = shelf.columns;
    const dead = shows(asked, "dead") || asked.state.includes("dead");
    const padding = shows(asked, "padding");
    const ranges = RANGES.filter((name) => bounded(asked, name)).map((name) => [shelf.columns[name], asked[name]]);
    return (feature) =>
      (dead || state[feature] !== "dead") &&
      (padding || label[feature] !== PADDING) &&
      (!asked.state.length || asked.state.includes(state[feature])) &&
      (!asked.domain.length || asked.domain.includes(domain[feature])) &&
      (!asked.peak_tier.length || asked.peak_tier.includes(tier[feature])) &&
      (!asked.does.length || asked.does.includes(does[feature] || NOT_MEASURED)) &&
      ranges.every(([values, range]) => within(values[feature], range));
  };

  const BEYOND_ONE = new Set(["heard", "loses"]); // counts and nats; all else is a share or an AUROC
  const keys = {
    match: (shelf, match) =>
      match
        ? (feature) =>
            10 * match.rank[feature] + match.value[feature] / (BEYOND_ONE.has(wayOf(match.rank[feature])) ? 100 : 1)
        : keys.beyond(shelf),
    beyond: (shelf) => (feature) => shelf.columns.beyond[feature],
    auroc: (shelf) => (feature) => shelf.columns.auroc[feature],
    density: (shelf) => (feature) => shelf.columns.density[feature],
    "-density": (shelf) => (feature) => -shelf.columns.density[feature],
    max: (shelf) => (feature) => shelf.columns.max[feature],
    effect_size: (shelf) => (feature) => shelf.columns.effect_size[feature],
    // Only what is in nats can be compared.
    effect_statistic: (shelf) => (feature) =>
      Number.isNaN(shelf.columns.effect_size[feature]) ? Number.NaN : shelf.columns.effect_statistic[feature],
    number: () => (feature) => -feature,
  };

  // The features of each shelf that fit, by number.
  const fitting = (shelves, asked, plan) => {
    const fits = [];
    for (const shelf of shelves) {
      const keep = wanted(shelf, asked);
      if (!keep) continue;
      const match = matches(shelf, plan);
      const features = [];
      for (let feature = 0; feature < shelf.size; feature += 1)
        if ((!match || match.rank[feature]) && keep(feature)) features.push(feature);
      fits.push({ shelf, match, features });
    }
    return fits;
  };

  const count = (...given) => fitting(...given).reduce((sum, { features }) => sum + features.length, 0);

  // The first `most` features by key, ties by dictionary and number; and how many there are.
  const search = (shelves, asked, plan, most) => {
    const fits = fitting(shelves, asked, plan);
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

  // How many features each value of a facet would leave: all that fit what else is asked.
  const counts = (shelves, asked, plan) =>
    Object.fromEntries(
      FACETS.map((facet) => {
        const show = facet === "state" ? [...asked.show, "dead"] : asked.show;
        const found = new Map();
        for (const { shelf, features } of fitting(shelves, { ...asked, show, [facet]: [] }, plan)) {
          const values = shelf.columns[facet];
          for (const feature of features) {
            const value =
              facet === "dictionary" ? shelf.name : values[feature] || (facet === "does" ? NOT_MEASURED : "");
            found.set(value, (found.get(value) || 0) + 1);
          }
        }
        return [facet, found];
      }),
    );

  // ---- cards
  // Labels, words and phones that answer to every word asked: those named in full first, then by how well they answer,
  // then by how many features are named after them, or find them. A language that is a label, too, has one card.
  const cards = (shelves, asked, plan, labels) => {
    const quality = (number, { parts, whole }) =>
      whole.has(number) ? WHOLE : Math.min(...parts.map((hits) => hits.get(number) ?? NOTHING));
    const best = new Map();
    for (const meaning of plan.meant)
      for (const number of [...meaning.whole, ...meaning.parts[0].keys()])
        if (labels[number].page) best.set(number, Math.max(best.get(number) ?? NOTHING, quality(number, meaning)));
    const searched = shelves.filter((shelf) => wanted(shelf, asked));
    const led = (number, isWay) =>
      searched.flatMap(({ name, terms }) =>
        (terms.get(number) || [])
          .filter(({ way }) => isWay(way))
          .flatMap(({ features }) => features.map((feature) => `${name}/${feature}`)),
      );
    const better = (a, b) =>
      b.how - a.how || b.named.size - a.named.size || b.led.size - a.led.size || (a.label < b.label ? -1 : 1);
    const all = [...best]
      .filter(([, how]) => how >= KIN)
      .map(([number, how]) => ({
        ...labels[number],
        how,
        named: new Set(led(number, (way) => way === "named")),
        led: new Set(led(number, (way) => way !== "heard")),
      }))
      .filter((card) => card.led.size)
      .sort(better);
    const byTitle = new Map();
    for (const card of all) {
      const key = CARRIED.has(card.kind) ? titleOf(card) : `${card.kind} ${card.label}`;
      byTitle.set(key, [...(byTitle.get(key) || []), card]);
    }
    const size = (same, ways) => new Set(same.flatMap((card) => [...card[ways]])).size;
    return [...byTitle.values()].map((same) => {
      const [{ kind, label, names, origin, page, how }, ...also] = same;
      const others = also.map((other) => ({ kind: other.kind, label: other.label, names: other.names }));
      const counts = { named: size(same, "named"), features: size(same, "led") };
      return { kind, label, names, origin, page, how, also: others, ...counts };
    });
  };

  // How many features that else fit an address hides, by reason; of controls it says nothing, as they may not be loaded.
  const hidden = (shelves, asked, plan, total) =>
    ["dead", "padding"]
      .filter((name) => !shows(asked, name))
      .map((name) => ({
        name,
        features: count(shelves, { ...asked, show: [...asked.show, name] }, plan) - total,
      }))
      .filter((reason) => reason.features > 0);

  // Features that fit and have their strongest example in one of some clips (by place; examples: shelf -> the place of
  // each feature's), those first that are furthest above their controls.
  const playing = (shelves, asked, examples, places, most) => {
    const held = new Set(places);
    const found = [];
    for (const shelf of shelves) {
      const keep = wanted(shelf, asked);
      if (!keep) continue;
      examples.get(shelf).forEach((place, feature) => {
        if (held.has(place) && keep(feature)) found.push({ shelf, feature, size: shelf.columns.beyond[feature] });
      });
    }
    const sizeOf = ({ size }) => (Number.isNaN(size) ? -Infinity : size);
    return found.sort((a, b) => sizeOf(b) - sizeOf(a) || 0).slice(0, most);
  };

  atlas.query = {
    FACETS,
    RANGES,
    SORTS,
    EFFECT_SORTS,
    NUMBERED,
    PART,
    bounded,
    parse,
    written,
    jumps,
    needed,
    search,
    count,
    counts,
    cards,
    hidden,
    playing,
  };
})();
