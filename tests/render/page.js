// The least of a browser that the scripts under templates/assets need to load data and to think, for tests in node:
//   node page.js SITE SCRIPT... < program     (the program is an async function's body; what it returns is printed)
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const [site, ...scripts] = process.argv.slice(2);
const run = (file) => vm.runInThisContext(fs.readFileSync(file, "utf-8"), { filename: file });

globalThis.window = globalThis;
globalThis.document = {
  documentElement: { dataset: { root: "" } },
  createElement: () => {
    const heard = {};
    return { heard, addEventListener: (name, act) => (heard[name] = act) };
  },
  querySelector: () => null,
  head: {
    append(script) {
      const file = path.join(site, script.src);
      setTimeout(() => {
        if (!fs.existsSync(file)) return script.heard.error();
        run(file);
        script.heard.load();
      });
    },
  },
};
const assets = path.join(__dirname, "../../templates/assets");
vm.runInThisContext(process.env.ATLAS_CONSTANTS, { filename: "constants.js" });
for (const script of scripts) run(path.join(assets, script));

const AsyncFunction = (async () => {}).constructor;
new AsyncFunction("atlas", "read", fs.readFileSync(0, "utf-8"))(globalThis.atlas, run).then((result) => {
  process.stdout.write(JSON.stringify(result));
});
