// What a trace says under the pointer, the finger or the keys: seconds from the peak, and the value there. Heights are
// drawn in a few steps of the feature's maximum, so a value is told as the range of its step; at the peak it is the row's
// own. With the focus on a play button, the left and right arrows move along its trace.
(() => {
  "use strict";
  const { COLUMNS_PER_S, PICTURE_COLUMNS, TRACE_HEIGHT, TRACE_STEP } = window.atlas.constants;
  const PEAK = PICTURE_COLUMNS / 2;
  const STEP = 5; // columns, a tenth of a second
  const heights = new WeakMap(); // picture -> the height of each of its columns
  let shown = null; // { picture, column }
  let line = null;
  let words = null;

  // A trace is an outline of bars in whole units: `M` to the foot of one, `h` along, `v` up or down.
  const heightsOf = (picture) => {
    if (heights.has(picture)) return heights.get(picture);
    const found = new Array(PICTURE_COLUMNS).fill(0);
    const { x: left, y, height } = picture.viewBox.baseVal;
    const foot = y + height;
    let column = 0;
    let level = foot;
    for (const [, command, first, second] of picture
      .querySelector("path")
      .getAttribute("d")
      .matchAll(/([Mhv])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
      if (command === "M") [column, level] = [Number(first) - left, Number(second)];
      if (command === "v") level += Number(first);
      if (command !== "h") continue;
      for (const end = column + Number(first); column < end; column += 1)
        if (column >= 0 && column < PICTURE_COLUMNS) found[column] = foot - level;
    }
    heights.set(picture, found);
    return found;
  };

  const twoDigits = (value) => Number(value.toPrecision(2)).toLocaleString("en");
  const numberOf = (text) => Number(text.replace(/,/g, ""));
  const valueAt = (picture, column) => {
    const own = picture.closest("li").querySelector("b").textContent;
    if (column === PEAK) return own;
    const height = heightsOf(picture)[column];
    if (!height) return "silent";
    const most = numberOf(picture.closest(".rows").dataset.max) / TRACE_HEIGHT;
    const high = Math.min(height * most, numberOf(own));
    const [least, largest] = [Math.min((height - TRACE_STEP) * most, high), high].map(twoDigits);
    if (height === TRACE_STEP) return `up to ${largest}`;
    return least === largest ? `about ${largest}` : `${least} to ${largest}`;
  };
  const secondsAt = (column) => {
    const from = (column - PEAK) / COLUMNS_PER_S;
    if (!from) return "peak";
    return `${from < 0 ? "−" : "+"}${Math.abs(from).toFixed(2)} s`;
  };

  const hide = () => {
    if (!shown) return;
    shown = null;
    line.remove();
    words.remove();
  };
  const show = (picture, column) => {
    if (!line) {
      line = Object.assign(document.createElement("i"), { className: "cursor" });
      line.setAttribute("aria-hidden", "true");
      words = Object.assign(document.createElement("output"), { className: "readout" });
    }
    const row = picture.closest("li");
    if (shown?.picture !== picture) row.append(line, words);
    shown = { picture, column };
    const around = row.getBoundingClientRect();
    const box = picture.getBoundingClientRect();
    const left = box.left - around.left + ((column + 0.5) / PICTURE_COLUMNS) * box.width;
    const top = `${box.top - around.top}px`;
    Object.assign(line.style, { left: `${left}px`, top, height: `${box.height}px` });
    words.textContent = `${secondsAt(column)} · ${valueAt(picture, column)}`;
    const before = column > PICTURE_COLUMNS * 0.7;
    Object.assign(words.style, {
      top,
      left: before ? "" : `${left + 6}px`,
      right: before ? `${around.width - left + 6}px` : "",
    });
  };

  const pictureAt = (target) => (target instanceof Element ? target.closest(".rows li > svg.pic") : null);
  const clamp = (column) => Math.max(0, Math.min(PICTURE_COLUMNS - 1, column));

  addEventListener(
    "pointermove",
    (event) => {
      const picture = pictureAt(event.target);
      if (!picture) {
        if (shown && event.pointerType === "mouse" && !focused()) hide();
        return;
      }
      const box = picture.getBoundingClientRect();
      show(picture, clamp(Math.floor(((event.clientX - box.left) / box.width) * PICTURE_COLUMNS)));
    },
    { passive: true },
  );

  const besideButton = (target) =>
    target instanceof Element && target.matches(".rows li > .play")
      ? target.parentElement.querySelector("svg.pic")
      : null;
  const focused = () => besideButton(document.activeElement);
  addEventListener("focusin", (event) => {
    const picture = besideButton(event.target);
    if (picture && event.target.matches(":focus-visible")) show(picture, PEAK);
  });
  addEventListener("focusout", (event) => {
    if (besideButton(event.target)) hide();
  });
  addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const picture = besideButton(event.target);
    if (!way || !picture || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const from = shown && shown.picture === picture ? shown.column : PEAK;
    show(picture, clamp(from + way * (event.shiftKey ? 1 : STEP)));
  });
})();
