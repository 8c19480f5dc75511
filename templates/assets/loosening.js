// What search offers beside features: clips in which words are said, and ways on where nothing is found. Nothing here
// touches the document.
(() => {
  "use strict";
  const { atlas } = window;
  const { fold, words, spaced, needle, plan } = atlas.vocabulary;
  const { FACETS, RANGES, bounded, count, parse } = atlas.query;

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

  const unfiltered = (asked, q) => ({ ...parse(""), q, show: asked.show, sort: asked.sort });

  // Which part of a question to give up, and how many features that would bring; where no part alone helps, what each
  // word alone would bring without any filter. The labels that words lead to are loaded by then.
  const loosened = (shelves, asked, labels) => {
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
        .map((attempt) => ({
          ...attempt,
          features: count(shelves, attempt.asked, plan(labels, attempt.asked.q)),
        }))
        .filter((attempt) => attempt.features > 0);
    const first = helpful(without);
    return first.length ? first : helpful(alone);
  };

  atlas.loosening = { spoken, around, loosened };
})();
