// Figures as text, digit for digit as the pages have them (atlas/render/numbers.py and atlas/formatting.py).
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const { ABSENT, SMALLEST_NATS } = atlas.constants;
  const unlessAbsent =
    (formatter) =>
    (value, ...more) =>
      value === null || value === undefined || !Number.isFinite(value) ? ABSENT : formatter(value, ...more);
  const grouped = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const magnitude = (value) => Math.floor(Math.log10(Math.abs(value)));

  // Like toFixed, but what lies exactly in the middle goes to the even digit.
  const fixed = (value, digits) => {
    const scaled = value * 10 ** digits;
    const middle = Math.abs(scaled % 1) === 0.5 && Number.isInteger(value * 2 ** (digits + 1));
    return middle ? ((2 * Math.round(scaled / 2)) / 10 ** digits).toFixed(digits) : value.toFixed(digits);
  };

  // To so many digits that count.
  const rounded = (value, digits) => {
    if (value === 0) return 0;
    const decimals = digits - 1 - magnitude(value);
    return decimals >= 0 ? Number(fixed(value, decimals)) : Number(fixed(value / 10 ** -decimals, 0)) * 10 ** -decimals;
  };

  const twoDigits = (value) => {
    if (value === 0) return "0";
    if (Math.abs(value) >= 100) return grouped(Math.abs(value) < 1000 ? Number(fixed(value, 0)) : rounded(value, 2));
    const near = rounded(value, 2);
    return near.toFixed(Math.max(0, 1 - magnitude(near)));
  };

  // 0.31 %, 31 %, under 0.001 %, over 99 %
  const percent = unlessAbsent((share) => {
    const hundredths = 100 * share;
    if (hundredths > 0 && hundredths < 0.001) return "under 0.001 %";
    if (hundredths >= 99.5 && hundredths < 100) return "over 99 %";
    return `${twoDigits(hundredths)} %`;
  });

  // .98, -.12, 1; >.99 and <.01 where two digits would claim the bound
  const unit = unlessAbsent((value) => {
    const size = Math.abs(value),
      sign = value < 0 ? "-" : "";
    if (size === 0 || size === 1) return `${sign}${size}`;
    if (size >= 0.995) return sign ? "<-.99" : ">.99";
    if (size < 0.005) return sign ? ">-.01" : "<.01";
    return `${sign}${fixed(size, 2).replace("0.", ".")}`;
  });

  // .034, 1e-9
  const probability = unlessAbsent((q) => {
    if (q >= 0.0005) return q < 0.9995 ? fixed(q, 3).slice(1) : "1";
    return q <= 0 ? "0" : q.toExponential(0);
  });

  // Three digits that count: 8.90, 0.0312, 12,300
  const figure = unlessAbsent((value) => {
    if (value === 0) return "0";
    const size = magnitude(value);
    if (size >= 3) return grouped(rounded(value, 3));
    return size < -4 ? value.toExponential(1) : fixed(value, 2 - size);
  });

  // A change of log-probability, in two digits and at most four decimals: .021, −.0003, <.0001
  const nats = unlessAbsent((value) => {
    const size = Math.abs(value);
    if (size < SMALLEST_NATS) return size ? "<.0001" : "0";
    const decimals = Math.min(4, Math.max(0, 1 - magnitude(rounded(size, 2))));
    return `${value < 0 ? "−" : ""}${fixed(size, decimals).replace(/^0\./, ".")}`;
  });

  const ratio = unlessAbsent(twoDigits);
  const count = unlessAbsent((value) => grouped(Math.trunc(value)));
  const seconds = unlessAbsent((value, digits = 2) => `${fixed(value, digits)} s`);
  const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

  atlas.figures = { percent, unit, probability, figure, nats, ratio, count, seconds, counted };
})();
