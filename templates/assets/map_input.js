// Hands on the map: pointer, touch, wheel and keys; and the card of the feature that they point at.
(() => {
  "use strict";
  const { atlas } = window;
  const { map, canvas, form, seen, wanted, placed, zoom, pan, fit, select, search, keep, itemOf, nameOf, repaint } =
    atlas.map;
  const { drawing } = atlas;
  const REACH = 12; // pixels from a point that still mean it
  const TOUCHED = 4; // the same, on a name
  const STILL = 4; // pixels within which a press is no drag
  const LISTEN_MS = 150; // over a point before it sounds
  const LEAVE_MS = 250; // from a point to its card
  const root = document.documentElement.dataset.root || "";
  const card = document.getElementById("card"),
    listed = card.querySelector("ol");
  const pressed = new Map(); // pointer -> where it is
  let drag = null; // { x, y, moved, area }
  let pinned = false;
  let listening = 0;
  let leaving = 0;

  const at = (event) => {
    const box = canvas.getBoundingClientRect(),
      { scale } = placed();
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  };
  const nameUnder = ({ x, y }) =>
    map.boxes.find(({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom);
  const nearest = ({ x, y }, reach) =>
    map.view ? drawing.nearest(map.points, placed(), x, y, reach * placed().scale, seen) : -1;
  // A name lies over points: one that is right under the pointer is still meant.
  const under = (here) => nearest(here, nameUnder(here) ? TOUCHED : REACH);

  // ---- the card
  const hide = () => {
    clearTimeout(leaving);
    if (pinned) keep(-1);
    map.current = -1;
    pinned = false;
    card.hidden = true;
    canvas.classList.remove("over");
    clearTimeout(listening);
    repaint();
  };
  const hideSoon = () => {
    clearTimeout(leaving);
    if (!pinned && map.current >= 0) leaving = setTimeout(hide, LEAVE_MS);
  };
  card.addEventListener("pointerenter", () => clearTimeout(leaving));
  card.addEventListener("pointerleave", hideSoon);

  // The page of a feature; when somebody comes back, the map is as it was.
  const open = (i, aside) => {
    keep(i);
    const address = root + atlas.address(nameOf(i));
    if (aside) window.open(address, "_blank", "noopener");
    else location.href = address;
  };

  const place = () => {
    const view = placed();
    const x = drawing.across(view, map.points.x[map.current]) / view.scale,
      y = drawing.down(view, map.points.y[map.current]) / view.scale;
    const left = Math.min(Math.max(x - card.offsetWidth / 2, 0), Math.max(canvas.clientWidth - card.offsetWidth, 0));
    const below = y + 16 + card.offsetHeight <= canvas.clientHeight;
    card.style.left = `${left}px`;
    card.style.top = `${below ? y + 16 : y - card.offsetHeight - 16}px`;
  };

  const sound = () => {
    const button = card.querySelector("a.play");
    if (button && atlas.play) atlas.play(button);
  };

  const show = async (i, pin) => {
    clearTimeout(leaving);
    pinned = pin;
    if (pin) keep(i);
    if (i === map.current) return;
    map.current = i;
    canvas.classList.add("over");
    repaint();
    const { auroc, q, best_label: best } = await atlas.columns(itemOf(i).dictionary, ["auroc", "q", "best_label"]);
    const { feature } = itemOf(i),
      { unit, probability } = atlas.figures;
    const why = best[feature]
      ? [`${best[feature]}: AUROC ${unit(auroc[feature])}, q ${probability(q[feature])}`]
      : ["no label of clips stands out"];
    const done = await atlas.rows.fill(listed, [{ ...itemOf(i), why }]);
    if (map.current !== i) return;
    done();
    card.hidden = false;
    place();
    clearTimeout(listening);
    if (form.elements.hear.checked)
      listening = setTimeout(() => {
        if (map.current === i) sound();
      }, LISTEN_MS);
  };

  // ---- pointer and touch
  const areaOf = (from, to) => {
    const start = drawing.inverse(placed(), from.x, from.y),
      end = drawing.inverse(placed(), to.x, to.y);
    return {
      x0: Math.min(start.x, end.x),
      x1: Math.max(start.x, end.x),
      y0: Math.min(start.y, end.y),
      y1: Math.max(start.y, end.y),
    };
  };

  const pinch = (event) => {
    const [a, b] = [...pressed.values()];
    const before = Math.hypot(a.x - b.x, a.y - b.y),
      middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    pressed.set(event.pointerId, at(event));
    const [first, second] = [...pressed.values()];
    const after = Math.hypot(first.x - second.x, first.y - second.y);
    pan((first.x + second.x) / 2 - middle.x, (first.y + second.y) / 2 - middle.y);
    if (before) zoom(after / before, (first.x + second.x) / 2, (first.y + second.y) / 2);
  };

  const move = (event) => {
    if (!map.view) return;
    if (pressed.size === 2 && pressed.has(event.pointerId)) {
      pinch(event);
      return;
    }
    const here = at(event);
    if (!drag) {
      const point = under(here);
      canvas.classList.toggle("over", point >= 0 || Boolean(nameUnder(here)));
      if (point >= 0 && !pinned) show(point, false);
      else if (point < 0) hideSoon();
      return;
    }
    if (!drag.moved && Math.hypot(here.x - drag.x, here.y - drag.y) < STILL * placed().scale) return;
    drag.moved = true;
    card.hidden = true;
    if (drag.area) {
      map.area = areaOf(drag.from, here);
      repaint();
    } else pan(here.x - drag.x, here.y - drag.y);
    Object.assign(drag, here);
  };

  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || !map.view) return;
    canvas.setPointerCapture(event.pointerId);
    const here = at(event);
    pressed.set(event.pointerId, here);
    drag =
      pressed.size === 1
        ? { ...here, from: here, moved: false, area: event.shiftKey || form.elements.area.checked }
        : null;
  });
  const release = (event) => {
    pressed.delete(event.pointerId);
    if (!drag) return;
    const { moved, area, from } = drag,
      point = moved ? -1 : under(at(event));
    drag = null;
    if (moved && area) {
      form.elements.area.checked = false;
      select(areaOf(from, at(event)));
    } else if (moved) return;
    else if (point >= 0) press(point, event);
    else if (nameUnder(at(event))) search(nameUnder(at(event)).region.name);
    else hide();
  };
  // A click opens what the pointer shows; a finger sees it at its first tap, and opens it at its second.
  const press = (point, event) => {
    if (event.pointerType === "mouse" || (pinned && point === map.current)) open(point, event.ctrlKey || event.metaKey);
    else show(point, true);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", (event) => {
    pressed.delete(event.pointerId);
    drag = null;
  });
  document.getElementById("choices").addEventListener("change", () => {
    if (map.current >= 0) hide();
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (!card.contains(event.relatedTarget)) hideSoon();
  });
  canvas.addEventListener("dblclick", (event) => {
    const here = at(event);
    zoom(2, here.x, here.y);
  });
  // One finger may scroll the page, two are for the map.
  for (const name of ["touchstart", "touchmove"])
    canvas.addEventListener(
      name,
      (event) => {
        if (event.touches.length > 1 && event.cancelable) event.preventDefault();
      },
      { passive: false },
    );
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls; a touchpad says ctrl where two fingers part
      event.preventDefault();
      const here = at(event),
        lines = event.deltaMode === 1 ? 30 : 1;
      zoom(Math.exp(-event.deltaY * lines * 0.002), here.x, here.y);
      if (!pinned) hide();
    },
    { passive: false },
  );

  // ---- keys, on the map
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const step = (dx, dy) => {
    const view = placed(),
      middle = [view.left + view.width / 2, view.top + view.height / 2];
    const point =
      map.current < 0
        ? drawing.nearest(map.points, view, ...middle, Infinity, wanted)
        : drawing.next(map.points, view, map.current, dx, dy, wanted);
    if (point >= 0) show(point, true);
  };
  const KEYS = {
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: () => fit(),
    Enter: () => {
      if (map.current >= 0) open(map.current, false);
    },
    " ": sound,
    Escape: () => {
      hide();
      if (map.area) select(null);
      else if (map.found) search("");
    },
  };
  canvas.addEventListener("keydown", (event) => {
    if (!map.view || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key],
      act = KEYS[event.key];
    if (!arrow && !act) return;
    event.preventDefault();
    event.stopPropagation();
    const far = 60 * placed().scale;
    if (arrow && event.shiftKey) pan(-arrow[0] * far, -arrow[1] * far);
    else if (arrow) step(...arrow);
    else act();
  });

  atlas.map.show = show;

  for (const [name, act] of [
    ["in", () => zoom(1.5)],
    ["out", () => zoom(1 / 1.5)],
    ["whole", fit],
  ]) {
    document.getElementById(`zoom-${name}`).addEventListener("click", act);
  }
})();
