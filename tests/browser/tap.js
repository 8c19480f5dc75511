// An audio worklet that hears what leaves an element: for each block with sound the context's time and the wall's, from
// when to when there is sound, and where a click begins. Times are in seconds.
const CLICK = 0.2,
  SOUND = 0.004,
  APART_S = 0.1;

registerProcessor(
  "tap",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.clicked = -1;
    }

    process([input], [output]) {
      const samples = input[0];
      if (!samples) return true;
      const sounding = [],
        clicks = [];
      samples.forEach((sample, i) => {
        const at = currentTime + i / sampleRate;
        if (Math.abs(sample) > SOUND) sounding.push(at);
        if (Math.abs(sample) > CLICK && at - this.clicked > APART_S) clicks.push((this.clicked = at));
      });
      if (sounding.length)
        this.port.postMessage({
          at: currentTime,
          wall: Date.now() / 1000,
          from: sounding[0],
          until: sounding.at(-1),
          clicks,
        });
      for (const channel of output) channel.set(samples);
      return true;
    }
  },
);
