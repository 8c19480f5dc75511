// The search page: its state is its address. Typing changes the address in place, all else adds to the history.
(() => {
  "use strict";
  const { atlas } = window;
  const { FACETS, RANGES, SORTS, parse, written } = atlas.query;
  const { element } = atlas.rows;
  const root = document.documentElement.dataset.root || "";
  const PAGE = 50,
    MOST_CARDS = 9;
  const form = document.getElementById("search");
  const part = (name) => document.getElementById(name);
  const COLUMNS = [...atlas.rows.TEXT_COLUMNS, "given_by", "explanation", "peak_tier"];
  const HIDES = { dead: "dead on this corpus", padding: "of nothing but padding", controls: "of controls" };
  const NAMED = {
    dictionary: "Dictionary",
    domain: "Domain",
    state: "State",
    peak_tier: "Peaks at one of",
    density: "Density",
    max: "Maximum",
    auroc: "AUROC",
  };

  let shelves = [],
    known = [],
    asked = parse(location.search),
    shown = PAGE,
    drawn = 0;

  // ---- data
  const bare = (entry) => ({ name: entry.name, size: entry.features, control: entry.controlOf !== null });
  const wantsControls = () =>
    asked.show.includes("controls") || known.some((entry) => entry.control && asked.dictionary.includes(entry.name));

  const loadShelves = async () => {
    const missing = known.filter(
      (entry) => (!entry.control || wantsControls()) && !shelves.some((shelf) => shelf.name === entry.name),
    );
    const loaded = await Promise.all(
      missing.map(async (entry) => {
        const [columns, terms] = await Promise.all([atlas.columns(entry.name, COLUMNS), atlas.terms(entry.name)]);
        return { ...entry, columns, terms };
      }),
    );
    loaded.forEach(atlas.query.ready);
    shelves = known.map((entry) => [...shelves, ...loaded].find((shelf) => shelf.name === entry.name)).filter(Boolean);
  };

  // ---- the form says what the address says, and the other way round
  // Density is asked in per cent.
  const scale = (name) => (name === "density" ? 100 : 1);
  const showForm = () => {
    if (form.q.value.trim() !== asked.q.trim()) form.q.value = asked.q;
    for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = asked[box.name].includes(box.value);
    for (const name of RANGES)
      [...form.elements[name]].forEach((input, side) => {
        input.value = asked[name][side] === null ? "" : Number((asked[name][side] * scale(name)).toPrecision(6));
      });
    form.sort.value = asked.sort;
  };
  const readForm = () => {
    const checked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
    const bound = (input) =>
      input.value === "" ? null : Number((Number(input.value) / scale(input.name)).toPrecision(6));
    return {
      q: form.q.value,
      show: asked.show,
      sort: form.sort.value,
      ...Object.fromEntries(FACETS.map((name) => [name, checked(name)])),
      ...Object.fromEntries(RANGES.map((name) => [name, [...form.elements[name]].map(bound)])),
    };
  };

  let typing = false;
  const go = (next, typed = false) => {
    asked = next;
    shown = PAGE;
    const address = location.pathname + written(asked);
    if (typed && typing) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    typing = typed;
    update();
  };

  // ---- what is seen
  const why = ({ way, kind, label, value } = {}, columns, feature) => {
    const { unit, probability, percent } = atlas.figures;
    const best = columns.best_label[feature];
    const own = () =>
      best
        ? [element("bdi", {}, best), ` AUROC ${unit(columns.auroc[feature])}, q ${probability(columns.q[feature])}`]
        : ["no label of clips stands out"];
    if (!way || (way === "found" && label === best)) return own();
    if (way === "named") return ["named by ", element("bdi", {}, columns.given_by[feature])];
    if (way === "explained") return ["explained: ", element("bdi", {}, columns.explanation[feature])];
    const named = [`${kind} `, element("bdi", {}, label)];
    if (way === "found") return [...named, ` AUROC ${unit(value)}, q < .05`];
    if (way === "peaks") return [...named, ` at ${percent(value)} of its strongest peaks`];
    if (way === "timed") return [...named, ` holds ${percent(value)} of its active frames`];
    return [...named, ` in ${Math.round(value)} of its top clips`];
  };

  const chip = (text, name, next) => {
    const button = element(
      "button",
      { type: "button", class: "chip", "aria-label": name },
      text,
      element("span", { "aria-hidden": "true" }, " ×"),
    );
    button.addEventListener("click", () => go(next()));
    return element("li", {}, button);
  };

  const rangeText = (name) => {
    const bound = (value) => atlas.figures[name === "density" ? "percent" : "figure"](value);
    const [low, high] = asked[name];
    return `${NAMED[name]} ${low === null ? `≤ ${bound(high)}` : high === null ? `≥ ${bound(low)}` : `${bound(low)} – ${bound(high)}`}`;
  };

  const showChips = (hidden) => {
    const { counted } = atlas.figures;
    const chips = hidden.map(({ name, features }) =>
      chip(`Hidden: ${counted(features, "feature")} ${HIDES[name]}`, `Show features ${HIDES[name]}`, () => ({
        ...asked,
        show: [...asked.show, name],
      })),
    );
    if (!wantsControls() && !asked.dictionary.length && known.some((entry) => entry.control)) {
      chips.push(
        chip(`Hidden: features ${HIDES.controls}`, `Show features ${HIDES.controls}`, () => ({
          ...asked,
          show: [...asked.show, "controls"],
        })),
      );
    }
    for (const name of asked.show)
      chips.push(
        chip(`Shown: features ${HIDES[name]}`, `Hide features ${HIDES[name]}`, () => ({
          ...asked,
          show: asked.show.filter((other) => other !== name),
        })),
      );
    for (const name of FACETS)
      for (const value of asked[name])
        chips.push(
          chip(`${NAMED[name]}: ${value}`, `Remove the filter ${value}`, () => ({
            ...asked,
            [name]: asked[name].filter((other) => other !== value),
          })),
        );
    for (const name of RANGES)
      if (asked[name].some((bound) => bound !== null))
        chips.push(
          chip(rangeText(name), `Remove the range of ${NAMED[name]}`, () => ({ ...asked, [name]: [null, null] })),
        );
    part("chips").replaceChildren(...chips);
  };

  const showCards = (cards) => {
    const made = cards
      .slice(0, MOST_CARDS)
      .map((card) =>
        element(
          "li",
          {},
          element(
            "a",
            { class: "card", href: root + card.page },
            element("b", { class: "line" }, element("bdi", {}, card.label)),
            element("span", { class: "line muted" }, [card.kind, ...(card.origin ? [card.origin] : [])].join(", ")),
            element("span", { class: "line" }, `${atlas.figures.counted(card.features, "feature")} at q < .05`),
          ),
        ),
      );
    if (cards.length > MOST_CARDS)
      made.push(element("li", { class: "muted" }, `and ${cards.length - MOST_CARDS} more labels`));
    part("cards").replaceChildren(...made);
  };

  // The clips in which it is said; their texts are loaded when somebody asks.
  const findClips = async () => {
    if (!part("clips") || !asked.q.trim()) return [];
    const texts = await atlas.spoken();
    const { clip_key: keys } = await atlas.clips();
    return atlas.query.spoken(texts, asked.q).map((place) => ({ key: keys[place], text: texts[place] }));
  };
  const showClips = (clips, features) => {
    const box = part("clips");
    if (!box) return;
    box.hidden = !clips.length;
    if (!features) box.open = true;
    box.querySelector("summary").textContent = `Said in ${atlas.figures.counted(clips.length, "clip")}`;
    const lines = clips.slice(0, PAGE).map(({ key, text }) => {
      const [before, said, after] = atlas.query.around(text, asked.q);
      const words = element("bdi", {}, `${before} `, element("b", {}, said), ` ${after}`);
      return element("li", {}, element("a", { href: `${root}c/${key}.html`, class: "line" }, words));
    });
    if (clips.length > PAGE) lines.push(element("li", { class: "muted" }, `and ${clips.length - PAGE} more clips`));
    box.querySelector("ol").replaceChildren(...lines);
  };

  const addressOf = ({ dictionary, feature }) =>
    feature === null ? `d/${dictionary}.html` : atlas.address(`${dictionary}/${feature}`);
  const showJumps = (jumps) => {
    const links = jumps.map((jump) =>
      element(
        "a",
        { href: root + addressOf(jump), class: "jump" },
        `Go to ${jump.feature === null ? jump.dictionary : `${jump.dictionary}/${jump.feature}`}`,
      ),
    );
    part("jumps").replaceChildren(...links);
  };

  const showNothing = (total, jumps, cards, clips) => {
    const box = part("nothing");
    box.replaceChildren();
    if (total || jumps.length || clips.length) return;
    const tries = atlas.query.loosened(shelves, asked).map(({ filter, without, only, asked: next, features }) => {
      const given = filter
        ? `Without the filter on ${NAMED[filter].toLowerCase()}`
        : without
          ? `Without “${without}”`
          : `Only “${only}”, without filters`;
      const button = element(
        "button",
        { type: "button", class: "button" },
        `${given}: ${atlas.figures.counted(features, "feature")}`,
      );
      button.addEventListener("click", () => go(next));
      return element("li", {}, button);
    });
    const numbers = known
      .filter((entry) => !entry.control)
      .map((entry) => `${entry.name} to ${atlas.figures.count(entry.size - 1)}`)
      .join(", ");
    const otherwise = atlas.query.NUMBERED.test(asked.q)
      ? `Features are numbered from 0: those of ${numbers}.`
      : "Try another spelling, the beginning of a word, or one of the labels.";
    const advice = tries.length ? "Loosen one of these:" : otherwise;
    box.append(
      element("p", {}, `${cards.length ? "No feature fits these filters." : "Nothing found."} ${advice}`),
      element("ul", {}, ...tries),
      element("p", {}, element("a", { href: `${root}labels.html` }, "All labels")),
    );
  };

  const update = async () => {
    const mine = (drawn += 1);
    await loadShelves();
    if (mine !== drawn) return;
    showForm();
    const started = performance.now();
    const answer = atlas.query.search(shelves, asked, shown);
    const cards = atlas.query.cards(shelves, asked),
      jumps = atlas.query.jumps(asked.q, known);
    form.dataset.took = (performance.now() - started).toFixed(1);
    part("count").textContent = answer.total || !jumps.length ? atlas.figures.counted(answer.total, "feature") : "";
    showJumps(jumps);
    showCards(cards);
    const items = answer.rows.map(({ shelf, feature, why: reason }) => ({
      dictionary: shelf.name,
      feature,
      why: why(reason || undefined, shelf.columns, feature),
    }));
    const [draw, clips] = await Promise.all([atlas.rows.fill(part("rows"), items), findClips()]);
    if (mine !== drawn) return;
    draw();
    showClips(clips, answer.total);
    showNothing(answer.total, jumps, cards, clips);
    showChips(atlas.query.hidden(shelves, asked, answer.total));
    part("more").hidden = answer.total <= shown;
    part("more").textContent =
      `Show ${Math.min(PAGE, answer.total - shown)} more of ${atlas.figures.count(answer.total)}`;
    document.title = asked.q.trim() ? `${asked.q.trim()} · Search` : "Search";
  };

  atlas.keys = Object.assign(atlas.keys || {}, { "/": () => form.q.focus() });

  // ---- start
  const start = async () => {
    for (const [value, text] of Object.entries(SORTS)) form.sort.append(element("option", { value }, text));
    form.hidden = false;
    if (matchMedia("(max-width: 900px)").matches) form.querySelector(".filters").open = false;
    showForm();
    if (!asked.q) form.q.focus();
    part("count").textContent = "Loading …";
    try {
      known = (await atlas.index()).dictionaries.filter((entry) => entry.name).map(bare);
      await update();
      form.dataset.ready = performance.now().toFixed(0);
    } catch (error) {
      part("count").textContent = `The data of this site could not be loaded: ${error.message}.`;
    }
  };

  form.q.addEventListener("input", () => go(readForm(), true));
  form.addEventListener("change", (event) => {
    if (event.target !== form.q) go(readForm());
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    typing = false;
    const jumps = atlas.query.jumps(form.q.value, known);
    if (jumps.length === 1) location.assign(root + addressOf(jumps[0]));
  });
  part("more").addEventListener("click", () => {
    shown += PAGE;
    update();
  });
  addEventListener("popstate", () => {
    asked = parse(location.search);
    shown = PAGE;
    typing = false;
    update();
  });
  start();
})();
