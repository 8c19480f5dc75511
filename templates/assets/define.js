// Definitions where figures stand: a click on a figure's name (`a.def`) opens the one popover of the page beside it.
// The texts are one script for the whole site, loaded when somebody first asks. Escape, a click elsewhere or leaving by
// the tab key closes it, and the focus returns to the name. Without scripts the name is a link to the about page.
(() => {
  "use strict";
  const MARK = "a.def[href]";
  const GAP = 6;
  const EDGE = 8;
  const root = document.documentElement.dataset.root || "";
  let texts = null;
  let asked = null; // the loading of the texts
  let box = null;
  let open = null; // the name whose definition is shown

  window.atlasDefinitions = (all) => {
    texts = all;
  };
  const load = () =>
    new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = `${root}data/definitions.js`;
      script.onload = done;
      script.onerror = fail;
      document.head.append(script);
    });

  const element = (name, values, ...content) => {
    const made = Object.assign(document.createElement(name), values);
    made.append(...content);
    return made;
  };
  const keyOf = (mark) => mark.hash.slice(1);

  // What the popover holds for one name.
  const fill = (mark) => {
    const [name, text, absent] = texts[keyOf(mark)];
    const shut = element("button", { type: "button", className: "shut", textContent: "×" });
    shut.setAttribute("aria-label", "Close");
    shut.addEventListener("click", () => close(true));
    box.replaceChildren(
      element("p", { className: "head" }, element("b", { id: "definition-name", textContent: name }), shut),
      element("p", { textContent: text }),
      ...(absent ? [element("p", { className: "muted", textContent: `None where ${absent}.` })] : []),
      element("p", {}, element("a", { href: mark.href, textContent: "All definitions" })),
    );
  };

  // Below the name, or above it where there is no room; never beyond the page.
  const place = (mark) => {
    const at = mark.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const wide = document.documentElement.clientWidth;
    const left = Math.max(EDGE, Math.min(at.left, wide - width - EDGE));
    const above = at.bottom + GAP + height > innerHeight && at.top - GAP - height > 0;
    const top = above ? at.top - GAP - height : at.bottom + GAP;
    box.style.left = `${Math.round(left + scrollX)}px`;
    box.style.top = `${Math.round(top + scrollY)}px`;
  };

  const close = (back) => {
    if (!open) return;
    const mark = open;
    open = null;
    box.hidden = true;
    mark.setAttribute("aria-expanded", "false");
    if (back) mark.focus({ preventScroll: true });
  };

  const dress = (mark) => {
    mark.setAttribute("aria-haspopup", "dialog");
    mark.setAttribute("aria-expanded", "false");
  };

  const show = async (mark) => {
    try {
      asked = asked || load();
      await asked;
    } catch {
      asked = null;
      location.assign(mark.href);
      return;
    }
    if (!texts?.[keyOf(mark)]) return location.assign(mark.href);
    close(false);
    if (!box) {
      box = element("div", { className: "definition", tabIndex: -1, hidden: true });
      box.setAttribute("role", "dialog");
      box.setAttribute("aria-labelledby", "definition-name");
    }
    if (!box.isConnected) document.body.append(box);
    fill(mark);
    dress(mark);
    mark.setAttribute("aria-expanded", "true");
    box.hidden = false;
    open = mark;
    place(mark);
    box.focus({ preventScroll: true });
  };

  const markAt = (target) => target instanceof Element && target.closest(MARK);
  const toggle = (mark) => (open === mark ? close(true) : show(mark));

  document.addEventListener("click", (event) => {
    const mark = markAt(event.target);
    if (mark && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      toggle(mark);
    } else if (open && !box.contains(event.target)) close(false);
  });

  document.addEventListener("keydown", (event) => {
    const mark = markAt(event.target);
    if (mark && event.key === " ") {
      event.preventDefault();
      toggle(mark);
    }
    if (!open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      close(true);
    }
    if (event.key !== "Tab" || !box.contains(event.target)) return;
    const stops = [...box.querySelectorAll("button, a[href]")];
    const last = event.shiftKey ? stops[0] : stops.at(-1);
    if (event.target !== last && !(event.shiftKey && event.target === box)) return;
    if (event.shiftKey) event.preventDefault(); // back to the name; forwards, to what follows it
    close(true);
  });
  addEventListener("resize", () => close(false));

  for (const mark of document.querySelectorAll(MARK)) dress(mark);
})();
