// A feature as a row of a list: sound, picture, name, domain, density, and what a page wants to say of it.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement.dataset.root || "";
  const { COLUMNS_PER_S, FIRES_ON, LEAD_S, LEANS, MEDIA, NAMELESS, PICTURE_COLUMNS, PICTURE_HEIGHT } = atlas.constants;
  const media = /^https?:/.test(MEDIA) ? MEDIA : root + MEDIA; // on another host, or in the site
  const [PASSES] = atlas.constants.DOING;
  const inFile = (second) => Number((second + LEAD_S).toFixed(2));

  // What a row needs of a dictionary: names first, figures and sound when it stands there.
  const NAME_COLUMNS = ["state", "label", "domain", "beyond", "given_by", "does"];
  const LATER_COLUMNS = [
    "density",
    "best_label",
    "auroc",
    "q",
    "example_clip",
    "example_start",
    "example_end",
    "effect",
    "effect_size",
  ];

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const labelOf = ({ label, best_label: best }, feature) =>
    label[feature] === NAMELESS ? "" : label[feature] || (best ? best[feature] : "");

  const domainMark = (name, marks) => {
    const mark = marks.find((known) => known.name === name);
    return mark ? element("span", { class: mark.style }, `${mark.sign} ${name}`) : "";
  };

  const SVG = "http://www.w3.org/2000/svg";
  const drawn = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  // Three seconds of the clip's spectrogram, the example in the middle; the player finds its columns in the view box.
  const picture = (key, start, end, columns) => {
    const left = Math.round(((start + end) / 2) * COLUMNS_PER_S) - PICTURE_COLUMNS / 2;
    const frame = drawn("svg", {
      class: "pic thumb seek",
      viewBox: `${left} 0 ${PICTURE_COLUMNS} ${PICTURE_HEIGHT}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    if (columns) {
      const image = element("img", {
        src: `${media}spectrograms/${key}.webp`,
        alt: "",
        loading: "lazy",
        width: columns,
        height: PICTURE_HEIGHT,
      });
      frame.append(drawn("foreignObject", { width: columns, height: PICTURE_HEIGHT }, image));
    }
    return frame;
  };

  const sounding = ({ columns, feature }, clips, name) => {
    const clip = columns.example_clip[feature];
    if (Number.isNaN(clip)) {
      const silence = columns.state[feature] === "dead" ? "never active here" : "audio not published";
      return [
        element("span", { class: "play small off", role: "img", title: silence, "aria-label": silence }),
        element("span", { class: "thumb" }),
      ];
    }
    const start = columns.example_start[feature],
      end = columns.example_end[feature],
      key = clips.clip_key[clip];
    const button = element("a", {
      class: "play small",
      role: "button",
      href: `${media}audio/${key}.mp3#t=${inFile(start)},${inFile(end)}`,
      "aria-label": `Play ${name}, ${atlas.figures.seconds(end - start, 1)}`,
    });
    return [button, picture(key, start, end, clips.clip_picture[clip] ? clips.clip_frames[clip] : 0)];
  };

  const titleOf = ({ dictionary, feature, columns }) => {
    const label = labelOf(columns, feature);
    return label ? `${dictionary}/${feature}, ${label}` : `${dictionary}/${feature}`;
  };

  // Whether what a feature is called is a name, as on its page, and not what it only leans to or fires on.
  const isName = ({ given_by: author }, feature, label) =>
    Boolean(label) &&
    label !== NAMELESS &&
    (Boolean(author?.[feature]) || !(label.startsWith(LEANS) || FIRES_ON.includes(label)));

  const roomy = (text) => element("span", { class: "roomy" }, text);

  // The mark of a feature that passes the causal test, with its effect as soon as that is known.
  const causal = ({ effect, effect_size: inNats }, feature) => {
    const title = "passes the causal test: ablating it does more than its decoy does";
    if (!effect || !Number.isFinite(effect[feature])) return element("small", { class: "causal", title }, "causal");
    // Where there is no room, only sizes in nats are shown, without their unit.
    const size = ` ${atlas.figures.nats(effect[feature])}`;
    const known = inNats && Number.isFinite(inNats[feature]);
    const said = known ? [size, roomy(" nats")] : [roomy(`${size} 1 − cosine`)];
    return element("small", { class: "causal", title }, "causal", ...said);
  };

  // What the link of a row says: the name and the number; without a name the number, and behind it what comes close.
  const naming = ({ dictionary, feature, columns }) => {
    const label = labelOf(columns, feature);
    const named = isName(columns, feature, label);
    const code = element("span", { class: named ? "code muted" : "code" }, `${dictionary}/${feature}`);
    const parts = named ? [element("bdi", {}, label), " ", code] : [code];
    if (label && !named) parts.push(" ", element("bdi", { class: "muted" }, label));
    return columns.does?.[feature] === PASSES ? [...parts, " ", causal(columns, feature)] : parts;
  };

  const density = ({ columns, feature }) => {
    if (columns.state[feature] === "dead") return ["dead here"];
    const shown = columns.density ? atlas.figures.percent(columns.density[feature]) : "";
    return [shown, " ", element("small", { class: "muted" }, "of frames")];
  };

  const reason = ({ why, columns, feature }) => (typeof why === "function" ? why(columns, feature) : why) || [];

  // item: { dictionary, feature, columns, why (nodes or strings, or what makes them of columns and a feature) }; columns:
  // NAME_COLUMNS of its dictionary, and, where there are clips, LATER_COLUMNS as well.
  const row = (item, clips, marks) => {
    const { dictionary, feature, columns } = item;
    const id = `${dictionary}/${feature}`;
    const text = element(
      "div",
      { class: "said" },
      element("a", { href: root + atlas.address(id), class: "line" }, ...naming(item)),
      element("span", { class: "why line muted" }, ...reason(item)),
    );
    const sound = clips
      ? sounding(item, clips, titleOf(item))
      : [element("span", { class: "play small off" }), element("span", { class: "thumb" })];
    return element(
      "li",
      {},
      ...sound,
      text,
      element("span", { class: "domain line" }, domainMark(columns.domain[feature], marks)),
      element("span", { class: "n" }, ...density(item)),
      element("button", {
        class: "star",
        type: "button",
        "data-star": id,
        "aria-label": `Star ${id}`,
        "aria-pressed": "false",
      }),
    );
  };

  // Figures and sound into a row that has its names; the link, which may have the focus, stays.
  const complete = (made, item, clips) => {
    const [button, thumb, text, , number] = made.children;
    const [sound, shown] = sounding(item, clips, titleOf(item));
    button.replaceWith(sound);
    thumb.replaceWith(shown);
    number.replaceChildren(...density(item));
    text.firstChild.replaceChildren(...naming(item));
    text.lastChild.replaceChildren(...reason(item));
  };

  const withColumns = async (items, names) => {
    const known = new Map();
    for (const { dictionary } of items)
      if (!known.has(dictionary)) known.set(dictionary, atlas.columns(dictionary, names));
    return Promise.all(items.map(async (item) => ({ ...item, columns: await known.get(item.dictionary) })));
  };

  const put = (list, made, from) => {
    if (from) list.append(...made);
    else list.replaceChildren(...made);
    if (atlas.showStars) atlas.showStars(list);
  };

  // Fill a list with rows; `from` rows are already there.
  const fill = async (list, items, from = 0) => {
    const [{ domains }, clips, whole] = await Promise.all([
      atlas.index(),
      atlas.clips(),
      withColumns(items.slice(from), [...NAME_COLUMNS, ...LATER_COLUMNS]),
    ]);
    const made = whole.map((item) => row(item, clips, domains));
    return () => {
      list.classList.toggle("soundless", !clips.clip_key.length);
      put(list, made, from);
    };
  };

  // The same as soon as names are there; what is returned by the function that draws resolves when the rest is, too.
  const begin = async (list, items) => {
    const [{ domains }, named] = await Promise.all([atlas.index(), withColumns(items, NAME_COLUMNS)]);
    const made = named.map((item) => row(item, null, domains));
    return async () => {
      put(list, made, 0);
      const [clips, whole] = await Promise.all([
        atlas.clips(),
        withColumns(items, [...NAME_COLUMNS, ...LATER_COLUMNS]),
      ]);
      list.classList.toggle("soundless", !clips.clip_key.length);
      whole.forEach((item, place) => {
        complete(made[place], item, clips);
      });
    };
  };

  // The key s stars the row that has the focus.
  atlas.keys = Object.assign(atlas.keys || {}, {
    s: () => {
      const row = document.activeElement.closest(".rows > li");
      if (row) atlas.star(row.querySelector("[data-star]").dataset.star);
    },
  });

  atlas.rows = { NAME_COLUMNS, element, domainMark, isName, labelOf, fill, begin };
})();
