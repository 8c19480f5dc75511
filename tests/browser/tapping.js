// Before a page's own scripts: every sound goes through the worklet of `tap.js`, and each place that the playhead takes is
// noted with the wall's time.
(() => {
  const context = new AudioContext(),
    Plain = window.Audio;
  const wall = () => (performance.timeOrigin + performance.now()) / 1000;
  const site = location.href.split("/f/")[0];
  const heard = (window.heard = { blocks: [], heads: [] });
  let tap = null;
  heard.ready = context.audioWorklet.addModule(`${site}/tap.js`).then(() => {
    tap = new AudioWorkletNode(context, "tap");
    tap.port.onmessage = ({ data }) => heard.blocks.push(data);
    tap.connect(context.destination);
  });
  // biome-ignore lint/complexity/useArrowFunction: pages call it by `new`
  window.Audio = function (...given) {
    const sound = new Plain(...given),
      source = context.createMediaElementSource(sound);
    sound.addEventListener("play", () => context.resume());
    heard.ready.then(() => source.connect(tap));
    return sound;
  };
  const note = (node) => {
    if (node.classList?.contains("head")) heard.heads.push([wall(), Number(node.getAttribute("x"))]);
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) [target, ...addedNodes].forEach(note);
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["x"] });
})();
