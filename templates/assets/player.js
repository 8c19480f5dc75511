// One player for every page. A button is a link to a stretch of a file, `media/audio/key.mp3#t=4.02,7.02`: without this
// script the browser plays it by itself. With it, sound stops on time, the playhead moves in the picture beside the
// button, and a click in the picture seeks.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  // Times are the file's, which has LEAD_S of silence before its clip.
  const { COLUMNS_PER_S, DECODER_DELAY_S, LEAD_S, RUN_UP_S } = atlas.constants;
  const AHEAD_S = CSS.supports("-moz-appearance", "none") ? DECODER_DELAY_S : 0; // Firefox drops so much
  const STALE_S = 0.05; // Firefox tells the time anew every 40 ms
  const EARLIER_S = 2; // how much sooner shift-play starts
  const KEPT = 6; // files that stay loaded
  const SVG = "http://www.w3.org/2000/svg";
  const loaded = new Map(); // address -> Audio, the latest used last
  let playing = null; // { button, sound, from, until, head, frame, timer, position, since }
  let last = null; // the button that played last
  let repeat = false;

  const stretch = (button) => {
    const [address, times] = button.href.split("#t=");
    const [from, until] = times.split(",").map(Number);
    return { address, from, until };
  };

  const soundAt = (address) => {
    let sound = loaded.get(address);
    if (!sound) {
      sound = new Audio();
      sound.preload = "auto";
      sound.src = address;
    }
    loaded.delete(address);
    loaded.set(address, sound);
    for (const [old, other] of loaded) {
      if (loaded.size <= KEPT) break;
      if (playing && playing.sound === other) continue;
      other.removeAttribute("src");
      loaded.delete(old);
    }
    return sound;
  };

  const pictureOf = (button) => {
    const beside = button.closest("[data-sounds], li, tr, figure, section");
    return beside?.querySelector("svg.seek");
  };

  const place = (head, at) => head?.setAttribute("x", ((at - LEAD_S) * COLUMNS_PER_S).toFixed(2));

  const headIn = (picture, at) => {
    if (!picture) return null;
    let head = picture.querySelector(".head");
    if (!head) {
      head = document.createElementNS(SVG, "rect");
      head.setAttribute("class", "head");
      head.setAttribute("width", String((picture.viewBox.baseVal.width * 1.5) / (picture.clientWidth || 560)));
      head.setAttribute("height", String(picture.viewBox.baseVal.height));
      place(head, at); // where it will begin: the sound may still be loading
      picture.append(head);
    }
    return head;
  };

  const stop = () => {
    if (!playing) return;
    const { button, sound, head, frame, timer } = playing;
    playing = null;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    sound.pause();
    button.classList.remove("on");
    button.setAttribute("aria-pressed", "false");
    if (head) head.remove();
  };

  // Where the sound stands that is heard now, for the playhead: what it said last, and what has passed since.
  const playheadAt = (mine) => {
    const position = mine.sound.currentTime,
      now = performance.now();
    if (mine.position !== position) Object.assign(mine, { position, since: now });
    return position + AHEAD_S + Math.min((now - mine.since) / 1000, STALE_S);
  };

  // The end is watched each frame and, where frames do not come (a tab in the background), by a timer.
  const watch = () => {
    if (!playing) return;
    const { sound, from, until, head } = playing;
    place(head, Math.max(from, playheadAt(playing)));
    const left = until - sound.currentTime - AHEAD_S;
    if (left <= 0 || sound.ended) return ended();
    if (sound.error) return failed(playing.button);
    if (sound.paused) return stop(); // by the browser, or by a key for media
    clearTimeout(playing.timer);
    playing.timer = setTimeout(watch, Math.max(4, left * 1000));
    cancelAnimationFrame(playing.frame);
    playing.frame = requestAnimationFrame(watch);
  };

  const ended = () => {
    const { button, from } = playing;
    if (repeat) start(button, from);
    else stop();
  };

  const UNHEARD = "unheard";

  const failed = (button) => {
    const { address } = stretch(button);
    stop();
    loaded.delete(address); // another press tries again
    button.classList.add("off");
    button.title = "the sound could not be loaded";
    const { host } = new URL(address); // none on a disk
    const line = document.createElement("p");
    line.id = UNHEARD;
    line.setAttribute("role", "alert");
    line.textContent = `The sound could not be loaded${host === location.host ? "" : ` from ${host}`}.`;
    document.body.append(line);
  };

  // Another error than this one: the browser forbids sound that nobody asked for by a tap or a key, as on hover.
  const refused = (button, error) => (error.name === "NotSupportedError" ? failed(button) : stop());

  const start = (button, at) => {
    stop();
    const { address, from, until } = stretch(button);
    const sound = soundAt(address);
    document.getElementById(UNHEARD)?.remove();
    const begin = Math.max(0, at === undefined ? from : at);
    const mine = {
      button,
      sound,
      from: begin,
      until: Math.max(until, begin + 0.05),
      head: headIn(pictureOf(button), begin),
    };
    playing = mine;
    last = button;
    button.classList.remove("off");
    button.removeAttribute("title");
    button.classList.add("on");
    button.setAttribute("aria-pressed", "true");
    const seek = () => {
      if (playing === mine) sound.currentTime = Math.max(0, begin - RUN_UP_S);
    };
    if (sound.readyState >= 1) seek();
    else sound.addEventListener("loadedmetadata", seek, { once: true });
    sound.play().then(watch, (error) => playing === mine && refused(button, error)); // now: a tap's leave passes
  };

  const buttonOf = (target) => target instanceof Element && target.closest("a.play[href]");

  atlas.play = (button, at) => (playing && playing.button === button && at === undefined ? stop() : start(button, at));
  atlas.stop = stop;
  atlas.nowPlaying = () => playing && { button: playing.button, at: playing.sound.currentTime, until: playing.until };

  addEventListener("click", (event) => {
    const button = buttonOf(event.target);
    if (button && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      atlas.play(button, event.shiftKey ? stretch(button).from - EARLIER_S : undefined);
      return;
    }
    const picture = event.target instanceof Element && event.target.closest("svg.seek");
    if (!picture) return;
    const row = picture.closest("[data-sounds], li, tr, figure, section");
    const beside = row?.querySelector("a.play[href]");
    if (!beside) return;
    const box = picture.getBoundingClientRect();
    const { x, width } = picture.viewBox.baseVal;
    const clicked = (x + ((event.clientX - box.left) / box.width) * width) / COLUMNS_PER_S + LEAD_S;
    const { from, until } = stretch(beside);
    start(beside, Math.min(Math.max(clicked, from), until - 0.05));
  });

  // Loaded before it is asked for: when the pointer or the focus comes near.
  const near = (event) => {
    const button = buttonOf(event.target);
    if (button) soundAt(stretch(button).address);
  };
  addEventListener("pointerover", near, { passive: true });
  addEventListener("focusin", near);

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target;
    if (target instanceof Element && target.closest("input, select, textarea, button, summary, [contenteditable]"))
      return;
    const button = buttonOf(target) || playing?.button || last || document.querySelector("main a.play[href]");
    if (!button) return;
    event.preventDefault();
    atlas.play(button, event.shiftKey ? stretch(button).from - EARLIER_S : undefined);
  });
  addEventListener("pagehide", stop);

  for (const button of document.querySelectorAll("a.play[href]")) button.setAttribute("role", "button");
  const switches = document.querySelectorAll("button.repeat");
  for (const button of switches) {
    button.hidden = false;
    button.addEventListener("click", () => {
      repeat = !repeat;
      for (const other of switches) other.setAttribute("aria-pressed", String(repeat));
    });
  }
})();
