// The order of a table's rows, and what its filters let through. Nothing here touches the document.
(() => {
  "use strict";
  const atlas = (window.atlas = window.atlas || {});
  const NUMBER = "([-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?)\\s*(%?)";
  const BOUND = new RegExp(`^(<=|>=|<|>|=|≤|≥)?\\s*${NUMBER}$`, "i");
  const BETWEEN = new RegExp(`^${NUMBER}\\s*(?:–|\\.\\.|to|-)\\s*${NUMBER}$`, "i");
  const COMPARE = {
    "<": (value, bound) => value < bound,
    ">": (value, bound) => value > bound,
    "=": (value, bound) => value === bound,
    "<=": (value, bound) => value <= bound,
    ">=": (value, bound) => value >= bound,
    "≤": (value, bound) => value <= bound,
    "≥": (value, bound) => value >= bound,
  };
  const read = (digits, sign) => (sign ? Number(digits) / 100 : Number(digits));

  // What a filter lets through: a part of a text, without case; or `> 0.01`, `< 1 %`, `= 3`, `0.1 – 0.5`; null: not a filter.
  const test = (text, column) => {
    const asked = text.trim();
    if (!asked) return () => true;
    if (typeof column[0] !== "number") return (value) => value.toLowerCase().includes(asked.toLowerCase());
    const between = BETWEEN.exec(asked);
    if (between)
      return (value) => value >= read(between[1], between[2] || between[4]) && value <= read(between[3], between[4]);
    const bound = BOUND.exec(asked);
    if (!bound) return null;
    const limit = read(bound[2], bound[3]);
    return (value) => COMPARE[bound[1] || "="](value, limit);
  };

  // The numbers of the rows that pass every filter; what is no filter lets all through.
  const filtered = (columns, filters) => {
    const tests = Object.keys(filters)
      .map((name) => [columns[name], filters[name].trim() && test(filters[name], columns[name])])
      .filter(([, pass]) => pass);
    const kept = [];
    const rows = Object.values(columns)[0].length;
    for (let row = 0; row < rows; row += 1) if (tests.every(([column, pass]) => pass(column[row]))) kept.push(row);
    return kept;
  };

  // Rows by a column; blanks come last either way, equals by number.
  const sorted = (rows, column, descending) => {
    const blank = (value) => value === "" || Number.isNaN(value);
    const way = descending ? -1 : 1;
    const filled = rows.filter((row) => !blank(column[row]));
    filled.sort((a, b) => (column[a] < column[b] ? -way : column[a] > column[b] ? way : a - b));
    return [...filled, ...rows.filter((row) => blank(column[row]))];
  };

  // What an address asks of a table: `?sort=-density&label=siren&auroc=> .9`, a minus for the largest first; and back.
  // Without one, rows come by their number.
  const NUMBERED = { name: "feature", descending: false };
  const parse = (address, names) => {
    const given = new URLSearchParams(address);
    const [, minus, name] = /^(-?)(.*)$/.exec(given.get("sort") || "");
    const filters = names.filter((column) => given.get(column)).map((column) => [column, given.get(column)]);
    return {
      sort: names.includes(name) ? { name, descending: Boolean(minus) } : NUMBERED,
      filters: Object.fromEntries(filters),
    };
  };
  const written = ({ sort, filters }) => {
    const plain = sort.name === NUMBERED.name && !sort.descending;
    const pairs = [["sort", plain ? "" : `${sort.descending ? "-" : ""}${sort.name}`], ...Object.entries(filters)];
    const kept = pairs.filter(([, value]) => value.trim());
    return kept.length
      ? `?${kept.map(([name, value]) => `${name}=${encodeURIComponent(value.trim())}`).join("&")}`
      : "";
  };

  atlas.sorting = { test, filtered, sorted, parse, written };
})();
