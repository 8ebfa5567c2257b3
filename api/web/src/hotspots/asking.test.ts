import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Catalogue, Indicator, Place } from "../shapes.ts";
import {
  districtsAsked,
  offerOf,
  settleHotspots,
  askedOf,
  type HotspotOffer,
  type Method,
  type SourceCard,
  placeInWords,
} from "./asking.ts";

const crime = {
  id: "crime_count",
  source: "Street-level crime",
  categories: [
    { id: "anti-social-behaviour", name: "Anti-social behaviour" },
    { id: "burglary", name: "Burglary" },
  ],
  periods: ["2018-10", "2018-11", "2018-12", "2018-Q4", "2019-01"],
  periods_by_vintage: { lad_2019: ["2018-12", "2019-01"], lad_2021: ["2018-Q4"] },
} as unknown as Indicator;
const place = {
  id: "bristol",
  name: "Bristol",
  within: "place/bristol",
  vintages: ["lad_2019", "lad_2021", "lsoa_2011"],
} as Place;
const catalogue = {
  places: [place],
  vintages: [
    { id: "lad_2019", level: "lad", name: "Districts 2019" },
    { id: "lad_2021", level: "lad", name: "Districts 2021" },
    { id: "lsoa_2011", level: "lsoa", name: "LSOA 2011" },
    { id: "lsoa_2021", level: "lsoa", name: "LSOA 2021" },
  ],
  indicators: [crime],
} as unknown as Catalogue;
const cards: SourceCard[] = [
  { id: "police", title: "Street-level crime", kind: "incidents" },
  { id: "calls", title: "Calls that nobody sent", kind: "incidents" },
  { id: "census", title: "Census", kind: "observations" },
];
/** As the service lists them. */
const methods = JSON.parse(
  readFileSync(new URL("recorded/methods.json", import.meta.url), "utf8"),
) as Method[];
const offer: HotspotOffer = offerOf(methods, cards, catalogue, place, [
  { vintage: "lad_2019", code: "E06000023", name: "Bristol, City of" },
]);

test("only incidents of which something was delivered are offered, with crime but not ASB first", () => {
  assert.deepEqual(
    offer.sources.map(({ id }) => id),
    ["police"],
  );
  assert.deepEqual(
    offer.sources[0]?.categories.map(({ id }) => id),
    ["all-crime-excluding-asb", "anti-social-behaviour", "burglary"],
  );
  assert.deepEqual(offer.sources[0]?.months, ["2018-10", "2018-11", "2018-12", "2019-01"]);
});

test("one may look at the whole place or a district, in cells or in the place's own small areas", () => {
  assert.deepEqual(
    offer.places.map(({ id }) => id),
    ["place/bristol", "lad_2019/E06000023"],
  );
  const units = offer.units.map(({ id }) => id);
  assert.ok(units.includes("grid:150") && units.includes("hex:250") && units.includes("lsoa_2011"));
  assert.ok(!units.includes("lsoa_2021") && !units.includes("lad_2019"));
});

test("an empty address asks for counts of the last three months of the whole place", () => {
  assert.deepEqual(settleHotspots({}, offer)?.question, {
    method: "counts",
    source: "police",
    from: "2018-11",
    to: "2019-01",
    within: "place/bristol",
    category: "all-crime-excluding-asb",
    unit: "grid:250",
  });
});

test("a method that needs a long series is asked about all there is", () => {
  assert.equal(settleHotspots({ method: "series" }, offer)?.question["from"], "2018-10");
});

test("what is asked for by name and is not there is named", () => {
  const settled = settleHotspots({ method: "guess", of: "piracy", from: "1999-01" }, offer);
  assert.deepEqual(settled?.replaced, ["method “guess”", "category “piracy”", "month “1999-01”"]);
});

test("cells of any size and areas of any vintage may be asked for by address", () => {
  const settled = settleHotspots({ unit: "hex:137", in: "ward_2024/E05010886" }, offer);
  assert.equal(settled?.question["unit"], "hex:137");
  assert.equal(settled?.question["within"], "ward_2024/E05010886");
  assert.deepEqual(settled?.replaced, []);
});

test("a method is sent only what means something to it", () => {
  const asked = { fdr: "false", bandwidth: "300", over: "households", harm: "true", unit: "grid:250" };
  assert.deepEqual(keys({ ...asked, method: "kde" }), ["bandwidth", "harm"]);
  assert.deepEqual(keys({ ...asked, method: "gi_star" }), ["fdr", "harm", "unit"]);
  assert.deepEqual(keys({ ...asked, method: "compare" }), ["fdr", "unit"]);
});

test("an area that is drawn is a place of its own, and the question names no other", () => {
  const corners: [number, number][] = [
    [1, 54],
    [1.1, 54],
    [1.1, 54.1],
  ];
  const settled = settleHotspots({ in: "place/bristol" }, offer, corners);
  assert.equal(settled?.question["within"], undefined);
  assert.deepEqual(settled?.polygon, corners);
  assert.equal(settleHotspots({}, offer)?.polygon, null);
});

test("which districts have incidents is asked of the newest vintage with months", () => {
  assert.deepEqual(districtsAsked(place, catalogue, cards), {
    indicator: "crime_count",
    category: "anti-social-behaviour",
    vintage: "lad_2019",
    period: "2019-01",
    within: "place/bristol",
  });
});

test("where no source tells of incidents nothing can be asked", () => {
  assert.equal(settleHotspots({}, { ...offer, sources: [] }), null);
});

function keys(asked: Record<string, string>): string[] {
  const always = ["method", "source", "from", "to", "within", "category"];
  const question = settleHotspots(asked, offer)?.question ?? {};
  return Object.keys(question)
    .filter((each) => !always.includes(each))
    .toSorted();
}

test("a question that was settled is asked again by its whole address", () => {
  const settled = settleHotspots({ method: "gi_star", fdr: "false" }, offer);
  assert.ok(settled);
  const asked = askedOf(settled);
  assert.equal(asked.from, "2018-11");
  assert.deepEqual(settleHotspots(asked, offer)?.question, settled.question);
});

test("several areas may be looked at together, by a link", () => {
  const within = "lsoa_2021/E01014540,lsoa_2021/E01014492";
  assert.equal(settleHotspots({ in: within }, offer)?.question["within"], within);
  assert.equal(placeInWords(within, offer), "2 areas");
  assert.equal(placeInWords("place/bristol", offer), "All of Bristol");
});
