// What the site knows of its features, a column at a time. Scripts under data/ call the three functions below; they are
// loaded by script elements when somebody asks, which works from file:// as well.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement.dataset.root || "";
  const loading = new Map(); // address -> promise
  const calls = new Map(); // "dictionary column" -> the calls that brought it
  const made = new Map(); // "dictionary column" -> promise of its values
  const terms = new Map(); // dictionary -> rows
  let index = null;

  const named = (dictionary, column) => `${dictionary} ${column}`;

  window.atlasIndex = (content) => {
    index = content;
  };
  window.atlasColumn = (dictionary, column, from, values) => {
    const name = named(dictionary, column);
    if (!calls.has(name)) calls.set(name, []);
    calls.get(name).push({ from, values });
  };
  window.atlasTerms = (dictionary, rows) => {
    terms.set(dictionary, [...(terms.get(dictionary) || []), ...rows]);
  };

  const load = (address) => {
    if (!loading.has(address)) {
      loading.set(
        address,
        new Promise((done, fail) => {
          const script = document.createElement("script");
          script.src = `${root}data/${address}`;
          script.onload = () => done();
          script.onerror = () => fail(new Error(`data/${address} could not be loaded`));
          document.head.append(script);
        }),
      );
    }
    return loading.get(address);
  };

  // One array a column: strings, "" where there is none; or a Float64Array, NaN where there is none.
  const joined = (text, size, pieces) => {
    const whole = text ? new Array(size).fill("") : new Float64Array(size).fill(NaN);
    for (const { from, values } of pieces) {
      if (text)
        values.codes.forEach((code, place) => {
          whole[from + place] = values.words[code];
        });
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

  const make = async (dictionary, column) => {
    const entry = await entryOf(dictionary);
    await Promise.all((entry.scripts[column] || []).map(load));
    const pieces = calls.get(named(dictionary, column)) || [];
    calls.delete(named(dictionary, column));
    const figure = index.figures[column];
    return joined(figure ? figure.text : ["clip_key", "clip_text"].includes(column), entry.features, pieces);
  };

  // The dictionaries, their sizes, and what figures are called.
  atlas.index = async () => {
    await load("index.js");
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

  // The labels that lead to features of a dictionary: [kind, label, way, origin, page, steps, values].
  atlas.terms = async (dictionary) => {
    const entry = await entryOf(dictionary);
    await Promise.all((entry.scripts.terms || []).map(load));
    return terms.get(dictionary) || [];
  };

  // What sounds: keys and lengths of the clips that `example_clip` counts.
  atlas.spoken = () => atlas.column("", "clip_text");
  atlas.clips = () => atlas.columns("", ["clip_key", "clip_frames", "clip_picture"]);
})();
