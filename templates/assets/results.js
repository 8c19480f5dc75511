// What the search page shows of an answer: facets with their counts, chips, cards, clips, and ways on where nothing is
// found. What a click asks next goes to `go`.
(() => {
  "use strict";
  const { atlas } = window;
  const { FACETS, RANGES, PART } = atlas.query;
  const { titleOf } = atlas.vocabulary;
  const { element } = atlas.rows;
  const root = document.documentElement.dataset.root || "";
  const MOST_CARDS = 9,
    MOST_CLIPS = 50,
    MOST_NEAR = 6;
  const form = document.getElementById("search");
  const part = (name) => document.getElementById(name);
  const HIDES = {
    dead: "dead on this corpus",
    padding: "that respond to nothing but padding",
    controls: "of controls",
  };
  const HIDES_ONE = { ...HIDES, padding: "that responds to nothing but padding" };
  const NAMED = {
    dictionary: "Dictionary",
    domain: "Domain",
    state: "State",
    peak_tier: "Peaks at one of",
    does: "What it does",
    density: "Density",
    max: "Maximum",
    auroc: "AUROC",
    beyond: "Above its controls",
    effect_size: "Size of effect, nats",
  };

  const beyondText = (beyond) => {
    const { unit } = atlas.figures;
    if (Number.isNaN(beyond)) return [];
    if (beyond === 0) return ["level with the best of its controls"];
    return [`${unit(Math.abs(beyond))} ${beyond < 0 ? "below" : "above"} the best of its controls`];
  };
  const own = (columns, feature) => {
    const { unit, probability } = atlas.figures;
    const { best_label: best, auroc, q, beyond } = columns;
    const parts = beyondText(beyond[feature]);
    if (!best) return parts;
    const label = best[feature]
      ? [element("bdi", {}, best[feature]), ` AUROC ${unit(auroc[feature])}, q ${probability(q[feature])}`]
      : ["no label of clips stands out"];
    return parts.length ? [...parts, "; ", ...label] : label;
  };

  // That of its best label; of the others it is known that they are significant.
  const qOf = ({ best_label: best, q }, feature, label) =>
    best && best[feature] === label ? atlas.figures.probability(q[feature]) : "< .05";

  // Why a feature is in the answer, of its columns: what led to it, else what there is to say of it.
  const why = (reason, labels, explanations) => (columns, feature) => {
    const { unit, percent, nats } = atlas.figures;
    if (!reason) return own(columns, feature);
    const { way, value } = reason;
    if (way === "titled") return own(columns, feature);
    if (way === "explained") return ["explained: ", element("bdi", {}, explanations[feature])];
    if (way === "named" && columns.given_by[feature])
      return ["named by ", element("bdi", {}, columns.given_by[feature])];
    const { kind, label } = labels[reason.word];
    if (way === "named" && kind !== "domain") return own(columns, feature);
    const named = [...(kind === "label" ? [] : [`${kind} `]), element("bdi", {}, titleOf(labels[reason.word]))];
    if (way === "named") return [element("bdi", {}, label), ` against all else: AUROC ${unit(value)}`];
    if (way === "found") return [...named, ` AUROC ${unit(value)}, q ${qOf(columns, feature, label)}`];
    if (way === "peaks") return [...named, ` at ${percent(value)} of its strongest peaks`];
    if (way === "loses") return ["ablation lowers ", element("bdi", {}, label), ` by ${nats(value)} nats`];
    if (way === "timed") return [...named, ` holds ${percent(value)} of its active frames`];
    return [...named, ` in ${Math.round(value)} of its top clips`];
  };

  // ---- facets
  const showCounts = (counts) => {
    for (const name of FACETS)
      for (const box of form.querySelectorAll(`[name=${name}]`)) {
        const features = counts[name].get(box.value);
        const known = box.parentElement.querySelector("small") || element("small", { class: "muted" });
        known.textContent = features === undefined ? "" : atlas.figures.count(features);
        box.parentElement.append(known);
      }
  };

  const chip = (text, name, act) => {
    const button = element(
      "button",
      { type: "button", class: "chip", "aria-label": name },
      text,
      element("span", { "aria-hidden": "true" }, "\u00a0×"),
    );
    button.addEventListener("click", act);
    return element("li", {}, button);
  };

  const rangeText = (asked, name) => {
    const bound = (value) => atlas.figures[name === "density" ? "percent" : "figure"](value);
    const [low, high] = asked[name];
    return `${NAMED[name]} ${low === null ? `≤ ${bound(high)}` : high === null ? `≥ ${bound(low)}` : `${bound(low)} – ${bound(high)}`}`;
  };

  // hidden: how many features are, by reason; controls: whether there are some that are not searched.
  const showChips = (asked, hidden, controls, go) => {
    const shown = (name) => ({ ...asked, show: [...asked.show, name] });
    const chips = hidden.map(({ name, features }) =>
      chip(
        `Hidden: ${atlas.figures.counted(features, "feature")} ${features === 1 ? HIDES_ONE[name] : HIDES[name]}`,
        `Show features ${HIDES[name]}`,
        () => go(shown(name)),
      ),
    );
    if (controls)
      chips.push(
        chip(`Hidden: features ${HIDES.controls}`, `Show features ${HIDES.controls}`, () => go(shown("controls"))),
      );
    for (const name of asked.show)
      chips.push(
        chip(`Shown: features ${HIDES[name]}`, `Hide features ${HIDES[name]}`, () =>
          go({ ...asked, show: asked.show.filter((other) => other !== name) }),
        ),
      );
    for (const name of FACETS)
      for (const value of asked[name])
        chips.push(
          chip(`${NAMED[name]}: ${value}`, `Remove the filter ${value}`, () =>
            go({ ...asked, [name]: asked[name].filter((other) => other !== value) }),
          ),
        );
    for (const name of RANGES)
      if (atlas.query.bounded(asked, name))
        chips.push(
          chip(rangeText(asked, name), `Remove the range of ${NAMED[name]}`, () =>
            go({ ...asked, [name]: [null, null] }),
          ),
        );
    part("chips").replaceChildren(...chips);
  };

  // ---- labels and clips
  const option = (text, act) => {
    const button = element("button", { type: "button", class: "button" }, ...text);
    button.addEventListener("click", act);
    return element("li", {}, button);
  };

  const kindOf = ({ kind, label, names }) => (kind === "language" && names.length ? `${kind} ${label}` : kind);
  const about = ({ origin, also = [], ...label }) =>
    [label, ...also]
      .map(kindOf)
      .concat(origin ? [origin] : [])
      .join(", ");
  const sizeOf = ({ named, features }) => {
    const { counted } = atlas.figures;
    return named ? `${counted(named, "feature")} named after it` : `significant in ${counted(features, "feature")}`;
  };

  const card = (label, count) =>
    element(
      "a",
      { class: "card", href: root + label.page },
      element("b", { class: "line" }, element("bdi", {}, titleOf(label))),
      element("span", { class: "line muted" }, about(label)),
      ...(count ? [element("span", { class: "line" }, count)] : []),
    );

  // The first few, and a button for the rest.
  const showCards = (cards) => {
    const made = cards.map((label) => element("li", {}, card(label, sizeOf(label))));
    const rest = made.slice(MOST_CARDS);
    const more = () => {
      part("cards").lastChild.replaceWith(...rest);
      rest[0].firstChild.focus();
    };
    const shown = [
      ...made.slice(0, MOST_CARDS),
      ...(rest.length ? [option([`${atlas.figures.counted(rest.length, "more label")}`], more)] : []),
    ];
    part("cards").replaceChildren(...shown);
  };

  // The line of clips has its room before it is known how many there are, so that no row moves when they come.
  const awaitClips = (q) => {
    const box = part("clips");
    if (!box) return;
    box.hidden = !q.trim();
    if (!box.dataset.q) box.classList.add("none");
  };
  // The clips in which it is said: { key, text }.
  const showClips = (clips, q, features) => {
    const box = part("clips");
    if (!box) return;
    box.dataset.q = q;
    box.classList.toggle("none", !clips.length);
    box.open = clips.length > 0 && (box.open || !features);
    const many = clips.length ? atlas.figures.counted(clips.length, "clip") : "no clip";
    box.querySelector("summary").textContent = `Said in ${many}`;
    const lines = clips.slice(0, MOST_CLIPS).map(({ key, text }) => {
      const [before, said, after] = atlas.loosening.around(text, q);
      const words = element("bdi", {}, `${before} `, element("b", {}, said), ` ${after}`);
      return element("li", {}, element("a", { href: `${root}c/${key}.html`, class: "line" }, words));
    });
    if (clips.length > MOST_CLIPS)
      lines.push(element("li", { class: "muted" }, `and ${clips.length - MOST_CLIPS} more clips`));
    box.querySelector("ol").replaceChildren(...lines);
  };

  // ---- nothing found
  const looser = (attempts, go) =>
    attempts.map(({ filter, without, only, asked, features }) => {
      const given = filter
        ? `Without the filter on ${NAMED[filter].toLowerCase()}`
        : without
          ? `Without “${without}”`
          : `Only “${only}”, without filters`;
      return option([`${given}: ${atlas.figures.counted(features, "feature")}`], () =>
        go(atlas.query.parse(atlas.query.written(asked))),
      );
    });

  const cardList = (labels) =>
    element("ul", { class: "terms" }, ...labels.map((label) => element("li", {}, card(label))));

  // Labels of recordings that lead to no feature, and where it is said why.
  const showUntold = (labels, say) => {
    const names = labels.slice(0, MOST_NEAR).flatMap((label) => [", ", element("bdi", {}, titleOf(label))]);
    const more = labels.length - MOST_NEAR;
    const text = [
      ...["Recordings here are labelled ", ...names.slice(1), ...(more > 0 ? [` and ${more} more`] : [])],
      `, but no feature is found for ${labels.length === 1 ? "it" : "them"}: `,
      "too few recordings to test, or no test passed.",
    ];
    say(text);
    const href = `${root}labels.html#kind-${labels[0].kind}`;
    part("nothing").append(element("p", {}, element("a", { href }, `Labels of the kind ${labels[0].kind}`)));
  };

  // clips: whether some clips say it, which stand above.
  const showNothing = ({ asked, labels, dictionaries, attempts, cards, clips }, go) => {
    const near = atlas.vocabulary.nearest(labels, asked.q, MOST_NEAR);
    const untold = atlas.vocabulary.untold(labels, atlas.vocabulary.plan(labels, asked.q));
    const box = part("nothing");
    const say = (text, ...items) => {
      box.append(element("p", {}, ...text));
      if (items.length) box.append(element("ul", {}, ...items));
    };
    const first = cards ? "No feature fits these filters." : "Nothing found.";
    const unlabelled = cards ? first : `No recording is labelled “${asked.q.trim()}”.`;
    if (untold.length && !cards && !attempts.length) showUntold(untold, say);
    else if (clips) return;
    else if (atlas.query.NUMBERED.test(asked.q)) {
      const sizes = dictionaries
        .filter((entry) => !entry.control)
        .map((entry) => `${entry.name} to ${atlas.figures.count(entry.size - 1)}`);
      say([`${first} Features are numbered from 0: those of ${sizes.join(", ")}.`]);
    } else if (attempts.length) say([`${first} Loosen one of these:`], ...looser(attempts, go));
    else if (near.length) {
      say([`${unlabelled} The nearest labels:`]);
      box.append(cardList(near));
    } else {
      say([`${unlabelled} Labels that features are found for:`]);
      box.append(cardList(atlas.vocabulary.offered(labels)));
    }
    box.append(element("p", {}, element("a", { href: `${root}labels.html` }, "All labels")));
  };

  atlas.results = { PART, why, showCounts, showChips, showCards, awaitClips, showClips, showNothing };
})();
