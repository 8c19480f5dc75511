// Words and phones under the traces: each line brings its labels in order, and in `data-at` their middles in thousandths
// of the picture's width, those with an asterisk to be marked. Of labels that would run into each other those stay that
// are marked, or else nearer to the peak; one that reaches beyond the picture is moved in. Without scripts they stay plain
// lines of text.
(() => {
  "use strict";
  const PEAK = 500; // thousandths
  const GAP = 3; // pixels between labels
  const lines = [...document.querySelectorAll(".spoken > [data-at]")].map((line) => {
    const places = line.dataset.at.split(" ");
    const labels = line.textContent.trim().split(" ");
    const made = labels.map((text, index) => {
      const label = document.createElement("bdi");
      const at = Number.parseInt(places[index], 10) || 0;
      const marked = Boolean(places[index]?.endsWith("*"));
      label.textContent = text;
      label.style.left = `${at / 10}%`;
      label.classList.toggle("at", marked);
      return { label, text, at, marked };
    });
    line.replaceChildren(...made.flatMap(({ label }) => [label, " "]));
    line.classList.add("placed");
    return made.sort((one, other) => other.marked - one.marked || Math.abs(one.at - PEAK) - Math.abs(other.at - PEAK));
  });

  // Widths are measured beside the page, as lines in closed groups have none; all lines are as wide as the first.
  const pen = document.createElement("canvas").getContext("2d");
  let room = 0;
  const thin = () => {
    const line = document.querySelector(".spoken > .placed");
    if (!line || line.clientWidth === room) return;
    room = line.clientWidth;
    const { fontSize, fontFamily } = getComputedStyle(line);
    for (const labels of lines) {
      const kept = [];
      for (const { label, text, at, marked } of labels) {
        pen.font = `${marked ? 650 : 400} ${fontSize} ${fontFamily}`;
        const half = pen.measureText(text).width / 2;
        const middle = Math.max(half, Math.min(room - half, (at / 1000) * room));
        const [from, to] = [middle - half, middle + half];
        label.style.left = `${(100 * middle) / room}%`;
        label.hidden = !kept.every(([left, right]) => to + GAP <= left || right + GAP <= from);
        if (!label.hidden) kept.push([from, to]);
      }
    }
  };
  thin();
  addEventListener("resize", thin);
})();
