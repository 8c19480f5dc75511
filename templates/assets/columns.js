// What the site knows of its features, a column at a time. Scripts under data/ call the three functions below; they are
// loaded by script elements when somebody asks, which works from file:// as well.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement.dataset.root || "";
  const loading = new Map(); // address -> promise
  const calls = new Map(); // "dictionary column" -> the calls that brought it
  const made = new Map(); // "dictionary column" -> promise of its values
  const shards = new Map(); // "dictionary shard" -> terms
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; // as in datascripts.py
  const VALUES = new Uint8Array(128);
  for (const [value, digit] of [...DIGITS].entries()) VALUES[digit.charCodeAt(0)] = value;
  const PER_UNIT = 10_000;
  const ABSENT_COLUMN = ["", 1]; // of a site without effects, say: a text that no feature has
  let index = null,
    words = null;

  const named = (dictionary, column) => `${dictionary} ${column}`;

  window.atlasIndex = (content) => {
    index = content;
  };
  window.atlasColumn = (dictionary, column, from, values) => {
    const name = named(dictionary, column);
    if (!calls.has(name)) calls.set(name, []);
    calls.get(name).push({ from, values });
  };
  window.atlasWords = (content) => {
    words = content;
  };
  window.atlasTerms = (dictionary, shard, rows) => {
    shards.set(named(dictionary, shard), rows);
  };

  // A script that stands in the page is waited for: deferred ones have run when the page is loaded.
  const fetched = (source, done, fail) => {
    const standing = document.querySelector(`script[src="${source}"]`);
    if (standing && document.readyState === "complete") return done();
    const script = standing || document.createElement("script");
    script.addEventListener("load", done);
    script.addEventListener("error", fail);
    if (standing) return addEventListener("load", done);
    script.src = source;
    document.head.append(script);
  };
  const load = (address) => {
    if (!loading.has(address)) {
      loading.set(
        address,
        new Promise((done, fail) => {
          fetched(`${root}data/${address}`, done, () => fail(new Error(`data/${address} could not be loaded`)));
        }),
      );
    }
    return loading.get(address);
  };

  // The numbers of coded texts: as many digits each as the number of the last text has.
  const decoded = ({ words: texts, codes }, whole, from) => {
    let width = 1;
    while (64 ** width < texts.length) width += 1;
    for (let row = 0; row * width < codes.length; row += 1) {
      let code = 0;
      for (let place = 0; place < width; place += 1) code = 64 * code + VALUES[codes.charCodeAt(row * width + place)];
      whole[from + row] = texts[code];
    }
  };

  // Numbers that few rows have, and the steps from one such row to the next.
  const spread = ({ steps, values }, whole, from) => {
    let row = from;
    steps.forEach((step, place) => {
      row += step;
      whole[row] = values[place];
    });
  };

  // One array a column: strings, "" where there is none; or a Float64Array, NaN where there is none.
  const joined = (text, size, pieces) => {
    const whole = text ? new Array(size).fill("") : new Float64Array(size).fill(NaN);
    for (const { from, values } of pieces) {
      if (text) decoded(values, whole, from);
      else if (values.steps) spread(values, whole, from);
      else
        values.forEach((value, place) => {
          if (value !== null) whole[from + place] = value;
        });
    }
    return whole;
  };

  const entryOf = async (dictionary) => {
    const entry = (await atlas.index()).dictionaries.find((known) => known.name === dictionary);
    if (!entry) throw new Error(`this atlas has no dictionary ${dictionary}`);
    return entry;
  };
  // Where a part of a script lies; the first is number 1.
  const addressOf = (dictionary, script, number) =>
    `${dictionary ? `${dictionary}/` : ""}${script}${number > 1 ? `-${number}` : ""}.js`;

  const make = async (dictionary, column) => {
    const entry = await entryOf(dictionary);
    const [script, text] = index.columns[column] || ABSENT_COLUMN;
    const parts = Array.from({ length: entry.scripts[script] || 0 }, (_, place) => place + 1);
    await Promise.all(parts.map((part) => load(addressOf(dictionary, script, part))));
    const pieces = calls.get(named(dictionary, column)) || [];
    calls.delete(named(dictionary, column));
    return joined(text, entry.features, pieces);
  };

  // The dictionaries, their sizes, and what figures are called.
  atlas.index = async () => {
    if (!index) await load("index.js");
    return index;
  };

  // The values of one column, a feature each.
  atlas.column = (dictionary, column) => {
    const name = named(dictionary, column);
    if (!made.has(name)) made.set(name, make(dictionary, column));
    return made.get(name);
  };

  // Several columns of a dictionary, as an object.
  atlas.columns = async (dictionary, names) => {
    const values = await Promise.all(names.map((name) => atlas.column(dictionary, name)));
    return Object.fromEntries(names.map((name, place) => [name, values[place]]));
  };

  // Every label of the atlas, in order: { kind, label, origin, page, shard, names, classes, offered }; offered: its place
  // among those that search offers where nothing is found.
  atlas.words = async () => {
    if (!words) await load("words.js");
    const { kinds, origins, classes, offered = [] } = words;
    const ranks = new Map(offered.map((number, rank) => [number, rank]));
    return words.words.map(([kind, label, origin, page, shard, names = [], numbers = []], place) => ({
      kind: kinds[kind],
      label,
      origin: origins[origin],
      page: page === 1 ? `l/${kinds[kind]}/${label.replaceAll(" ", "-")}.html` : page || "",
      shard,
      names,
      classes: numbers.map((number) => classes[number]),
      offered: ranks.get(place) ?? null,
    }));
  };

  // The terms of some shards: { word (its number), way, features, values }.
  atlas.terms = async (dictionary, numbers) => {
    await Promise.all(numbers.map((shard) => load(addressOf(dictionary, "terms", shard + 1))));
    return numbers.flatMap((shard) =>
      (shards.get(named(dictionary, shard)) || []).map(([word, place, steps, values]) => {
        let feature = 0;
        const way = atlas.constants.WAYS[place];
        return {
          word,
          way,
          features: steps.map((step) => (feature += step)),
          values: way === "heard" ? values : values.map((value) => value / PER_UNIT),
        };
      }),
    );
  };

  // What sounds: keys and lengths of the clips that `example_clip` counts.
  atlas.spoken = () => atlas.column("", "clip_text");
  atlas.clips = () => atlas.columns("", ["clip_key", "clip_frames", "clip_picture"]);
})();
