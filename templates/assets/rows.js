// A feature as a row of a list: sound, picture, name, domain, density, and what a page wants to say of it.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const root = document.documentElement.dataset.root || "";
  const { COLUMNS_PER_S, LEAD_S, PICTURE_COLUMNS, PICTURE_HEIGHT } = atlas.constants;
  const inFile = (second) => Number((second + LEAD_S).toFixed(2));

  // What a row needs of a dictionary; the examples come after the words.
  const TEXT_COLUMNS = ["state", "density", "max", "label", "best_label", "auroc", "q", "domain", "flags"];
  const SOUND_COLUMNS = ["example_clip", "example_start", "example_end"];

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const labelOf = (columns, feature) => columns.label[feature] || columns.best_label[feature];

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
        src: `${root}media/spectrograms/${key}.webp`,
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
      href: `${root}media/audio/${key}.mp3#t=${inFile(start)},${inFile(end)}`,
      "aria-label": `Play ${name}, ${atlas.figures.seconds(end - start, 1)}`,
    });
    return [button, picture(key, start, end, clips.clip_picture[clip] ? clips.clip_frames[clip] : 0)];
  };

  // item: { dictionary, feature, columns, why (nodes or strings) }; columns: TEXT_COLUMNS and SOUND_COLUMNS of its dictionary.
  const row = (item, clips, marks) => {
    const { dictionary, feature, columns } = item;
    const id = `${dictionary}/${feature}`,
      label = labelOf(columns, feature),
      dead = columns.state[feature] === "dead";
    const name = [id, ...(label ? [label] : [])].join(", ");
    const text = element(
      "div",
      { class: "said" },
      element(
        "a",
        { href: root + atlas.address(id), class: "line" },
        element("bdi", {}, label || "no label"),
        " ",
        element("span", { class: "code muted" }, id),
      ),
      element("span", { class: "why line muted" }, ...(item.why || [])),
    );
    if (!label) text.firstChild.classList.add("unnamed");
    return element(
      "li",
      {},
      ...sounding(item, clips, name),
      text,
      element("span", { class: "domain line" }, domainMark(columns.domain[feature], marks)),
      element(
        "span",
        { class: "n" },
        ...(dead
          ? ["dead here"]
          : [atlas.figures.percent(columns.density[feature]), " ", element("small", { class: "muted" }, "of frames")]),
      ),
      element("button", {
        class: "star",
        type: "button",
        "data-star": id,
        "aria-label": `Star ${id}`,
        "aria-pressed": "false",
      }),
    );
  };

  // Fill a list with rows; `from` rows are already there.
  const fill = async (list, items, from = 0) => {
    const [{ domains }, clips] = await Promise.all([atlas.index(), atlas.clips()]);
    const known = new Map();
    for (const item of items) {
      if (!known.has(item.dictionary))
        known.set(item.dictionary, await atlas.columns(item.dictionary, [...TEXT_COLUMNS, ...SOUND_COLUMNS]));
    }
    const made = items.slice(from).map((item) => row({ ...item, columns: known.get(item.dictionary) }, clips, domains));
    return () => {
      list.classList.toggle("soundless", !clips.clip_key.length);
      if (from) list.append(...made);
      else list.replaceChildren(...made);
      if (atlas.showStars) atlas.showStars(list);
    };
  };

  // The key s stars the row that has the focus.
  atlas.keys = Object.assign(atlas.keys || {}, {
    s: () => {
      const row = document.activeElement.closest(".rows > li");
      if (row) atlas.star(row.querySelector("[data-star]").dataset.star);
    },
  });

  atlas.rows = { TEXT_COLUMNS, element, domainMark, labelOf, fill };
})();
