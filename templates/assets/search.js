// The search page: its state is its address. Typing changes the address in place, all else adds to the history. Names
// come first; figures, sounds, explanations and transcripts follow when the first rows stand there.
(() => {
  "use strict";
  const { atlas } = window;
  const { FACETS, SORTS, EFFECT_SORTS, parse, written } = atlas.query;
  const { element } = atlas.rows;
  const { results } = atlas;
  const root = document.documentElement.dataset.root || "";
  const PAGE = 50,
    MOST_SAYING = 12,
    PAUSE_MS = 120; // between letters, before an answer is looked for
  const form = document.getElementById("search");
  const part = (name) => document.getElementById(name);
  const COLUMNS = [...atlas.rows.NAME_COLUMNS, "peak_tier"];
  const RANGES = atlas.query.RANGES.filter((name) => form.elements[name]); // without effects, no size of them

  let shelves = [], // the dictionaries that are searched, as far as they are loaded
    known = [], // all dictionaries
    labels = [],
    asked = parse(location.search),
    shown = PAGE,
    drawn = 0;
  const loaded = new Map(); // name -> shelf

  // ---- data
  const bare = (entry) => ({ name: entry.name, size: entry.features, control: entry.controlOf !== null });
  const wantsControls = () =>
    asked.show.includes("controls") || known.some((entry) => entry.control && asked.dictionary.includes(entry.name));

  const shelfOf = (entry) => {
    if (!loaded.has(entry.name)) loaded.set(entry.name, { ...entry, columns: {}, terms: new Map(), held: new Set() });
    return loaded.get(entry.name);
  };
  const addTerms = (shelf, numbers, terms) => {
    const fresh = new Set(numbers.filter((number) => !shelf.held.has(number)));
    for (const term of terms) {
      if (!fresh.has(labels[term.word].shard)) continue;
      shelf.terms.set(term.word, [...(shelf.terms.get(term.word) || []), term]);
    }
    for (const number of fresh) shelf.held.add(number);
  };
  const load = async (shelf, columns, numbers) => {
    const [values, terms] = await Promise.all([
      atlas.columns(shelf.name, columns),
      atlas.terms(
        shelf.name,
        numbers.filter((number) => !shelf.held.has(number)),
      ),
    ]);
    Object.assign(shelf.columns, values);
    addTerms(shelf, numbers, terms);
  };
  const loadShelves = async (plan) => {
    const columns = [...COLUMNS, ...atlas.query.needed(asked)];
    const wanted = known.filter((entry) => !entry.control || wantsControls()).map(shelfOf);
    await Promise.all(wanted.map((shelf) => load(shelf, columns, plan.shards)));
    shelves = wanted;
  };

  // Without words nothing matches best: features come by how far they beat their controls.
  const WITHOUT_WORDS = "beyond";
  const unsorted = () => asked.sort === "match" && !asked.q.trim();

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
    form.sort.value = unsorted() ? WITHOUT_WORDS : asked.sort;
  };
  const readForm = () => {
    const checked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
    const bound = (input) =>
      input.value === "" ? null : Number((Number(input.value) / scale(input.name)).toPrecision(6));
    return {
      q: form.q.value,
      show: asked.show,
      sort: unsorted() && form.sort.value === WITHOUT_WORDS ? "match" : form.sort.value,
      ...Object.fromEntries(FACETS.map((name) => [name, checked(name)])),
      ...Object.fromEntries(atlas.query.RANGES.map((name) => [name, [null, null]])),
      ...Object.fromEntries(RANGES.map((name) => [name, [...form.elements[name]].map(bound)])),
    };
  };

  let typing = false,
    pause = 0;
  const go = (next, typed = false) => {
    asked = next;
    shown = PAGE;
    const address = location.pathname + written(asked);
    if (typed && typing) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    typing = typed;
    clearTimeout(pause);
    pause = setTimeout(update, typed ? PAUSE_MS : 0);
  };

  // ---- what is seen
  const addressOf = ({ dictionary, feature }) =>
    feature === null ? `d/${dictionary}.html` : atlas.address(`${dictionary}/${feature}`);
  // A dictionary by its name is a link; features by their number are rows.
  const showJumps = async (jumps) => {
    const links = jumps
      .filter((jump) => jump.feature === null)
      .map((jump) => element("a", { href: root + addressOf(jump), class: "jump" }, `Go to ${jump.dictionary}`));
    const why = results.why(null);
    const items = jumps.filter((jump) => jump.feature !== null).map((jump) => ({ ...jump, why }));
    const list = element("ol", { class: "rows", "aria-label": "Features of this number" });
    const draw = items.length ? await atlas.rows.begin(list, items) : async () => {};
    return () => {
      part("jumps").replaceChildren(...links, ...(items.length ? [list] : []));
      return draw();
    };
  };

  const itemsOf = (answer) =>
    answer.rows.map(({ shelf, feature, why }) => ({
      dictionary: shelf.name,
      feature,
      why: results.why(why, labels, shelf.columns.explanation),
    }));

  // Rows and all that goes with them, from what is loaded; resolves when figures and sounds stand there, too.
  const show = async (plan, mine) => {
    const started = performance.now();
    const answer = atlas.query.search(shelves, asked, plan, shown),
      jumps = atlas.query.jumps(asked.q, known),
      cards = atlas.query.cards(shelves, asked, plan, labels);
    form.dataset.took = (performance.now() - started).toFixed(1);
    const draws = await Promise.all([showJumps(jumps), atlas.rows.begin(part("rows"), itemsOf(answer))]);
    if (mine !== drawn) return null;
    const { counted, count } = atlas.figures;
    part("count").textContent = answer.total || !jumps.length ? counted(answer.total, "feature") : "";
    part("nothing").replaceChildren();
    part("saying").hidden = true;
    part("more").hidden = answer.total <= shown;
    part("more").textContent = `Show ${Math.min(PAGE, answer.total - shown)} more of ${count(answer.total)}`;
    results.showCards(cards);
    results.awaitClips(asked.q);
    const whole = Promise.all(draws.map((draw) => draw()));
    const controls = !wantsControls() && !asked.dictionary.length && known.some((entry) => entry.control);
    results.showChips(asked, atlas.query.hidden(shelves, asked, plan, answer.total), controls, go);
    results.showCounts(atlas.query.counts(shelves, asked, plan));
    await whole;
    return { total: answer.total, jumps: jumps.length, cards: cards.length };
  };

  // The texts that nobody waits for: explanations, which may lead to more features, and transcripts.
  const explain = async () => {
    await Promise.all(
      shelves.map(async (shelf) => {
        shelf.columns.explanation = await atlas.column(shelf.name, "explanation");
      }),
    );
    return shelves.some((shelf) => shelf.columns.explanation.some(Boolean));
  };
  const findClips = async () => {
    if (!part("clips") || !asked.q.trim()) return [];
    const [texts, { clip_key: keys }] = await Promise.all([atlas.spoken(), atlas.clips()]);
    return atlas.loosening.spoken(texts, asked.q).map((place) => ({ place, key: keys[place], text: texts[place] }));
  };
  // Where no label leads to a feature: what has its strongest example where the words are said.
  const showSaying = async (clips) => {
    const examples = await Promise.all(
      shelves.map(async (shelf) => [shelf, await atlas.column(shelf.name, "example_clip")]),
    );
    const places = clips.map((clip) => clip.place);
    const why = results.why(null);
    const items = atlas.query
      .playing(shelves, asked, new Map(examples), places, MOST_SAYING)
      .map(({ shelf, feature }) => ({ dictionary: shelf.name, feature, why }));
    const draw = await atlas.rows.begin(part("saying").querySelector("ol"), items);
    return () => {
      part("saying").hidden = !items.length;
      return draw();
    };
  };

  const update = async () => {
    const mine = (drawn += 1);
    const plan = atlas.vocabulary.plan(labels, asked.q);
    showForm();
    document.title = asked.q.trim() ? `${asked.q.trim()} · Search` : "Search";
    await loadShelves(plan);
    if (mine !== drawn) return;
    const before = shelves.some((shelf) => !shelf.columns.explanation);
    let seen = await show(plan, mine);
    if (mine !== drawn) return;
    if (before && asked.q.trim() && (await explain()) && mine === drawn) seen = await show(plan, mine);
    const clips = mine === drawn ? await findClips() : [];
    if (mine !== drawn) return;
    results.showClips(clips, asked.q, seen.total);
    if (!seen.total && clips.length) {
      const draw = await showSaying(clips);
      if (mine === drawn) await draw();
    }
    if (seen.total || seen.jumps) return;
    const attempts = atlas.loosening.loosened(shelves, asked, labels);
    const found = { attempts, cards: seen.cards, clips: clips.length > 0 };
    results.showNothing({ asked, labels, dictionaries: known, ...found }, go);
  };

  // Arrows go from the field through what is found, and back.
  const step = (event) => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const found = [
      ...form.querySelectorAll(
        ".results :is(#cards :is(a, button), .said > a, a.jump, .clips a, #nothing :is(a, button))",
      ),
    ];
    const stops = [form.q, ...found.filter((stop) => stop.checkVisibility())];
    const place = stops.indexOf(document.activeElement);
    if (!way || place < 0 || !stops[place + way]) return;
    event.preventDefault();
    stops[place + way].focus();
  };

  atlas.keys = Object.assign(atlas.keys || {}, { "/": () => form.q.focus() });

  atlas.keyHelp = [...(atlas.keyHelp || []), ["↑ ↓", "from the field through what is found, and back"]];

  // ---- start
  const start = async () => {
    const sorts = form.querySelector("[name=does]") ? { ...SORTS, ...EFFECT_SORTS } : SORTS;
    for (const [value, text] of Object.entries(sorts)) form.sort.append(element("option", { value }, text));
    form.hidden = false;
    if (matchMedia("(max-width: 900px)").matches) form.querySelector(".filters").open = false;
    showForm();
    form.q.focus({ preventScroll: true });
    part("count").textContent = "Loading …";
    try {
      const [index, words] = await Promise.all([atlas.index(), atlas.words()]);
      known = index.dictionaries.filter((entry) => entry.name).map(bare);
      labels = atlas.vocabulary.prepare(words);
      await update();
      form.dataset.ready = performance.now().toFixed(0);
    } catch (error) {
      part("count").textContent = `The data of this site could not be loaded: ${error.message}.`;
    }
  };

  form.q.addEventListener("input", () => go(readForm(), true));
  form.addEventListener("keydown", step);
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
