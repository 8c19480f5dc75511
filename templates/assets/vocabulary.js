// What a question means: which labels of the atlas its words lead to, and how well. Nothing here touches the document.
// Words are compared without case, accents and underscores, from their beginning, and English ones by their stems.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});

  // How well a label answers to a word: its class or kind does, some word of it or of its other names, or all of it.
  const KIN = 0,
    PART = 1,
    WHOLE = 2;
  const CARRIED = new Set(["label", "language"]); // kinds of what recordings are labelled with
  // A language goes by its name; its code stands with its kind on cards.
  const titleOf = ({ kind, label, names }) => (kind === "language" && names.length ? names[0] : label);
  const SHORTEST_STEM = 4; // letters of a word that has a stem
  const PHONETIC = /^\s*(?:\[([^[\]]+)\]|\/([^/]+)\/)\s*$/;
  const OF_KIND = /^\s*(\p{L}+):/u;
  const EDGES = /^["'“”‘’«»(),.:;!?]+|["'“”‘’«»(),.:;!?]+$/gu;

  const plain = (text) => (/^[ -~]*$/.test(text) ? text : text.normalize("NFKD").replace(/\p{M}/gu, ""));
  const fold = (text) =>
    plain(text)
      .toLowerCase()
      .replaceAll("ɡ", "g")
      .replace(/[_\s]+/gu, " ")
      .trim();
  const words = (text) =>
    fold(text)
      .split(" ")
      .map((word) => word.replace(EDGES, "") || word)
      .filter(Boolean);

  // A word of the question stands at the start of a word of the text, so both begin with a space; a single letter is a
  // whole word, and in scripts that part no words it may stand anywhere.
  const spaced = (text) => ` ${fold(text)} `;
  const needle = (word) => (/[\u2e80-\uffef]/u.test(word) ? word : word.length === 1 ? ` ${word} ` : ` ${word}`);

  const singular = (word) => {
    if (/(ss|us|is)$/.test(word)) return word;
    if (/[a-z]{2,}ies$/.test(word)) return `${word.slice(0, -3)}y`;
    return /(x|z|ss|ch|sh)es$/.test(word) ? word.slice(0, -2) : word.replace(/s$/, "");
  };
  const cut = (word) => {
    if (word.length < SHORTEST_STEM || !/^[a-z]+$/.test(word)) return word;
    const one = singular(word);
    const bare = one.replace(/^([a-z]*[aeiouy][a-z]+|[a-z]+[aeiouy])(?:ing|(?<!e)ed)$/, "$1");
    const kept = bare.length > 2 ? bare : one;
    const undoubled = kept === one ? kept : kept.replace(/([bdgmnprt])\1$/, "$1");
    return undoubled.length > 3 ? undoubled.replace(/e$/, "") : undoubled;
  };
  // sirens, barking and typed -> siren, bark and typ, as type itself.
  const known = new Map();
  const stem = (word) => {
    if (!known.has(word)) known.set(word, cut(word.replace(/['’]s$/, "")));
    return known.get(word);
  };
  const stems = (text) => ` ${fold(text).split(" ").map(stem).join(" ")} `;

  // The labels of atlas.words(), folded once.
  const prepare = (labels) =>
    labels.map((entry, number) => {
      const texts = [entry.label, ...entry.names];
      return {
        ...entry,
        number,
        folded: texts.map(spaced),
        stems: texts.map(stems),
        of: fold(entry.kind),
        classes: entry.classes.map(fold),
      };
    });

  // Whether a label answers to a word by its own words, and whether by its class; the word's forms are made once.
  const tests = (word) => {
    const sought = needle(word),
      root = stem(word),
      stemmed = ` ${root} `,
      long = word.length >= SHORTEST_STEM;
    const isKin = (name) => root === stem(name) || (long && spaced(name).includes(` ${word}`));
    return {
      isKin,
      isPart: ({ folded, stems: rooted }) =>
        folded.some((text) => text.includes(sought)) || (long && rooted.some((text) => text.includes(stemmed))),
    };
  };

  // The labels that one word leads to: number -> how well.
  const led = (labels, word, kinds = true) => {
    const hits = new Map();
    const { isPart, isKin } = tests(word);
    const kin = new Map(); // kind or class -> whether it is the word's
    const related = (name) => {
      if (!kin.has(name)) kin.set(name, isKin(name));
      return kin.get(name);
    };
    for (const entry of labels) {
      if (isPart(entry)) hits.set(entry.number, PART);
      else if ((kinds && related(entry.of)) || entry.classes.some(related)) hits.set(entry.number, KIN);
    }
    return hits;
  };

  // The labels that a text names in full, by whichever of their names.
  const named = (labels, parts) => {
    const name = ` ${parts.join(" ")} `,
      stemmed = ` ${parts.map(stem).join(" ")} `;
    const same = (entry) =>
      entry.folded.includes(name) || (name.length > SHORTEST_STEM && entry.stems.includes(stemmed));
    return new Set(labels.filter(same).map((entry) => entry.number));
  };

  // What a text may mean: all of its words; and, as pages write it, a kind and then words: "phone s", "loses: word"; or
  // only a phone, between brackets or slashes. parts: of each word the labels that it leads to.
  const meanings = (labels, q) => {
    const phonetic = PHONETIC.exec(q);
    if (phonetic) {
      const parts = words(phonetic[1] || phonetic[2]);
      const whole = named(
        labels.filter((entry) => entry.kind === "phone"),
        parts,
      );
      return [{ words: [], parts: [new Map([...whole].map((number) => [number, PART]))], whole }];
    }
    const parts = words(q.replace(OF_KIND, "$1 "));
    if (!parts.length) return [];
    const ofKind = labels.filter((entry) => parts.length > 1 && stem(parts[0]) === stem(fold(entry.kind)));
    const plain = {
      words: parts,
      parts: parts.map((word, place) => led(labels, word, place > 0 || !ofKind.length)),
      whole: named(labels, parts),
    };
    if (!ofKind.length) return [plain];
    const rest = parts.slice(1);
    return [plain, { words: [], parts: rest.map((word) => led(ofKind, word)), whole: named(ofKind, rest) }];
  };

  // meant: what a question means; shards: where the features of all these labels lie.
  const plan = (labels, q) => {
    const meant = meanings(labels, q);
    const numbers = meant.flatMap(({ parts }) => parts.flatMap((hits) => [...hits.keys()]));
    return { q, meant, shards: [...new Set(numbers.map((number) => labels[number].shard))].sort((a, b) => a - b) };
  };

  // ---- nothing found
  // How many letters to change, leave out, put in or swap to get from one text to another; no more than `most` matter.
  const distance = (one, other, most) => {
    if (Math.abs(one.length - other.length) > most) return most + 1;
    let before = [],
      last = Array.from({ length: other.length + 1 }, (_, place) => place);
    for (let i = 1; i <= one.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= other.length; j += 1) {
        const same = one[i - 1] === other[j - 1];
        next[j] = Math.min(last[j] + 1, next[j - 1] + 1, last[j - 1] + !same);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
          next[j] = Math.min(next[j], before[j - 2] + 1);
      }
      before = last;
      last = next;
    }
    return last[other.length];
  };

  // The labels with a page that are spelt most alike, the nearest first; none for what is like nothing.
  const nearest = (labels, q, most) => {
    const asked = fold(q).replace(/[^\p{L}\p{N} ]/gu, "");
    const allowed = Math.min(3, Math.floor(asked.length / 3));
    if (!allowed) return [];
    const near = (text) => Math.min(...[text, ...text.split(" ")].map((part) => distance(asked, part, allowed)));
    return labels
      .filter((entry) => entry.page)
      .map((entry) => ({ entry, far: Math.min(...entry.folded.map((text) => near(text.trim()))) }))
      .filter(({ far }) => far <= allowed)
      .sort((a, b) => a.far - b.far)
      .slice(0, most)
      .map(({ entry }) => entry);
  };

  // The labels that answer to all words of a question and have no page, as no feature is found for them.
  const untold = (labels, { meant }) => {
    const numbers = meant.flatMap(({ parts, whole }) => [
      ...whole,
      ...[...parts[0].keys()].filter((number) => parts.every((hits) => hits.has(number))),
    ]);
    return [...new Set(numbers)].map((number) => labels[number]).filter(({ kind, page }) => !page && CARRIED.has(kind));
  };

  // The labels that are offered where no label is spelt alike.
  const offered = (labels) =>
    labels.filter((entry) => Number.isInteger(entry.offered)).sort((a, b) => a.offered - b.offered);

  atlas.vocabulary = {
    CARRIED,
    titleOf,
    KIN,
    PART,
    WHOLE,
    fold,
    words,
    spaced,
    needle,
    stem,
    stems,
    prepare,
    plan,
    nearest,
    untold,
    offered,
  };
})();
