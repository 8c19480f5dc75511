// Whether this page shows what its address was copied from. Behind `?v=` stand eight letters for the dictionary, whatever
// it is called, and after a hyphen eight for its figures; in the address of a list, those of several dictionaries follow
// each other with dots between. Where another dictionary has taken the name, the page says so.
(() => {
  "use strict";
  const page = document.documentElement;
  const main = document.querySelector("main");
  const root = page.dataset.root || "";
  const asked = new URLSearchParams(location.search);
  const own = (table, name) => (table && Object.hasOwn(table, name) ? table[name] : undefined);
  const placed = /\/f\/([^/]+)\/(\d{1,9})(?:\.html)?$/.exec(location.pathname);
  const [, name, number] =
    placed || /\/d\/([^/]+)\.html$/.exec(location.pathname) || /^#([^/]+)\/(\d{1,9})(?:\/|$)/.exec(location.hash) || [];

  // What is shown here, and the dictionaries that it is of, as they are called today.
  const listed = () => {
    const names = (asked.get("features") || "").split(",").map((feature) => feature.trim().split("/")[0]);
    const today = names.map((one) => own(window.atlas.constants?.REDIRECTS, one) || one);
    return [...new Set(today.filter(Boolean))];
  };
  const what = name ? (number ? "feature" : "dictionary") : "list";
  const shown = name ? [name] : listed();

  const element = (kind, values, ...content) => {
    const made = Object.assign(document.createElement(kind), values);
    made.append(...content);
    return made;
  };
  const show = (role, ...content) => {
    const line = element("aside", { id: "cited", className: role === "alert" ? "cited stale" : "cited" });
    line.setAttribute("role", role);
    main.prepend(line);
    line.append(element("p", {}, ...content)); // into a live region that is there already, so that it is read out
    if (role !== "alert") return;
    const shut = element("button", { type: "button", className: "shut", textContent: "×" });
    shut.setAttribute("aria-label", "Close this warning");
    shut.addEventListener("click", () => line.remove());
    line.append(shut);
  };

  const link = (href, text) => element("a", { href }, text);
  const linked = ([other, [, features]]) => {
    if (what === "list") return link(`${root}d/${other}.html`, other);
    if (what === "dictionary" || Number(number) >= features)
      return link(`${root}d/${other}.html${location.search}`, other);
    const feature = `${other}/${Number(number)}`;
    const alias = page.hasAttribute("data-alias");
    return link(
      root + (alias ? `f.html${location.search}#${feature}` : `f/${feature}.html${location.search}`),
      feature,
    );
  };
  const remedy = ({ dictionaries, archive }, identity) => {
    const same = Object.entries(dictionaries).filter(([, [known]]) => known === identity);
    if (same.length) {
      const links = same.flatMap((one) => [" or ", linked(one)]).slice(1);
      return ["What was cited is called ", ...links, " here. "];
    }
    const none = "No dictionary of this atlas has the weights that were cited. ";
    return archive
      ? [none, "Its archive may keep the edition that was cited: ", link(archive, archive), ". "]
      : [none, "Only the edition that was cited shows it; ", link(`${root}about.html#cite`, "about this atlas"), ". "];
  };
  const compare = (site) => {
    const given = /^([0-9a-f]{8}(?:\.[0-9a-f]{8})*)(?:-([0-9a-f]{8}(?:\.[0-9a-f]{8})*))?$/.exec(asked.get("v"));
    const identities = given ? given[1].split(".") : [];
    const figures = given?.[2] ? given[2].split(".") : null;
    if (identities.length !== shown.length || (figures && figures.length !== shown.length)) {
      const cut =
        "what stands behind “v=” is cut off or mistyped, so it cannot be told whether this is what was cited.";
      return show("status", `The address of this page was not copied whole: ${cut}`);
    }
    const others = shown.map((one, at) => [one, identities[at]]);
    const differing = others.filter(([one, identity]) => own(site.dictionaries, one)?.[0] !== identity);
    if (differing.length) {
      const lines = differing.flatMap(([one, identity]) => [
        own(site.dictionaries, one) ? `The address was made when ${one} was a dictionary of other weights. ` : "",
        ...remedy(site, identity),
      ]);
      show("alert", element("b", {}, `This is not the ${what} that was cited.`), " ", ...lines);
    } else if (figures?.some((one, at) => one !== site.dictionaries[shown[at]][4])) {
      const since = "has been measured or analysed anew since this address was copied";
      show("status", `What is shown here ${since}, so figures may differ.`);
    }
  };

  const packed = document.querySelector('script[src$="assets/packed.js"]');
  const coming = packed && document.body.className !== "feature" && !("settled" in main.dataset);
  if (!shown.length || coming || "compared" in main.dataset) return; // with a body that is to come, this script comes again
  main.dataset.compared = "";
  const script = element("script", { src: `${root}data/citing.js`, onload: () => compare(window.atlas.citing) });
  document.head.append(script);
})();
