// Words and phones under the traces: each line brings its labels in order, and in `data-at` their middles in thousandths
// of the picture's width, those with an asterisk to be marked. Without scripts they stay plain lines of text.
(() => {
  "use strict";
  for (const line of document.querySelectorAll(".spoken > [data-at]")) {
    const places = line.dataset.at.split(" ");
    const labels = line.textContent.trim().split(" ");
    const made = labels.map((text, index) => {
      const label = document.createElement("bdi");
      const place = places[index] || "";
      label.textContent = text;
      label.style.left = `${Number.parseInt(place, 10) / 10}%`;
      label.classList.toggle("at", place.endsWith("*"));
      return label;
    });
    line.replaceChildren(...made.flatMap((label) => [label, " "]));
    line.classList.add("placed");
  }
})();
