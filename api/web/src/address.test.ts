import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress, settle, writeAddress } from "./address.ts";
import type { Catalogue, Indicator, Place } from "./shapes.ts";

const crime = {
  id: "crime_count",
  topic: "crime",
  categories: [
    { id: "all-crime", name: "All crime" },
    { id: "burglary", name: "Burglary" },
  ],
  periods: ["2018-11", "2018-12"],
  vintages: ["lsoa_2011", "lsoa_2021", "msoa_2011"],
  periods_by_vintage: {
    lsoa_2011: ["2018-11", "2018-12"],
    lsoa_2021: ["2018-11", "2018-12"],
    msoa_2011: ["2018-12"],
  },
} as unknown as Indicator;
const population = {
  id: "population",
  topic: "population",
  categories: [],
  periods: ["2017", "2018"],
  vintages: ["lsoa_2011"],
  periods_by_vintage: { lsoa_2011: ["2017", "2018"] },
} as unknown as Indicator;
const town = {
  id: "town",
  within: "place/town",
  vintages: ["lsoa_2011", "msoa_2011"],
  vintage: "lsoa_2011",
  indicator: "crime_count",
  category: "all-crime",
  period: "2018-11",
} as Place;
const catalogue: Catalogue = { places: [town], vintages: [], indicators: [crime, population] };

const settled = (search: string) => settle(readAddress(search), catalogue);

test("an empty address shows the place's own choice", () => {
  const { choice, replaced } = settled("");
  assert.equal(
    choice && writeAddress(choice),
    "?place=town&indicator=crime_count&category=all-crime&vintage=lsoa_2011&period=2018-11",
  );
  assert.deepEqual(replaced, []);
});

test("an address that is written reads back as the same choice", () => {
  const address =
    "?place=town&indicator=crime_count&category=burglary&vintage=lsoa_2011&period=2018-12&area=lsoa_2011/E01000001&view=table";
  const { choice } = settled(address);
  assert.equal(choice && writeAddress(choice), address);
});

test("an indicator without categories asks for none, and shows its latest period where the place names another", () => {
  const { choice, replaced } = settled("?indicator=population");
  assert.equal(choice?.category, null);
  assert.equal(choice?.period, "2018");
  assert.deepEqual(replaced, []);
});

test("what a link asks for and is not there is named, never quietly exchanged", () => {
  const { choice, replaced } = settled("?indicator=crime_count&vintage=lsoa_2021&period=1999-01");
  assert.equal(choice?.vintage, "lsoa_2011");
  assert.equal(choice?.period, "2018-11");
  assert.deepEqual(replaced, ["level “lsoa_2021”", "period “1999-01”"]);
});

test("a period is one of those the chosen vintage has", () => {
  const { choice } = settled("?indicator=crime_count&vintage=msoa_2011&period=2018-11");
  assert.equal(choice?.vintage, "msoa_2011");
  assert.equal(choice?.period, "2018-12");
});

test("all there is of a country opens with areas few enough to draw, and with more where asked for", () => {
  const vintages = [
    { id: "lsoa_2011", areas: 34753 },
    { id: "msoa_2011", areas: 7201 },
  ] as unknown as Catalogue["vintages"];
  const country = { ...catalogue, vintages, places: [{ ...town, within: null }] };
  assert.equal(settle(readAddress(""), country).choice?.vintage, "msoa_2011");
  assert.equal(settle(readAddress("?vintage=lsoa_2011"), country).choice?.vintage, "lsoa_2011");
});

test("an area without its vintage is no area", () => {
  assert.equal(settled("?area=E01000001").choice?.area, null);
});

test("a place without figures settles on nothing", () => {
  assert.equal(settle(readAddress(""), { ...catalogue, indicators: [] }).choice, null);
});

test("a comparison, a drawing and an own neighbourhood are kept in the address", () => {
  for (const rest of [
    "&view=compare&areas=lsoa_2011/E01000001,ward_2025/E05000001",
    "&draw=-2.60000+51.45000,-2.59000+51.45000",
    "&draw=",
    "&own=k3y",
  ]) {
    const { choice } = settled(
      `?place=town&indicator=crime_count&category=burglary&vintage=lsoa_2011&period=2018-12${rest}`,
    );
    assert.ok(choice && writeAddress(choice).endsWith(rest), rest);
  }
});

test("an area is compared once, and no more than four stand side by side", () => {
  const asked = readAddress("?areas=v/A,v/A,v/B,nothing,v/C,v/D,v/E");
  assert.deepEqual(
    asked.compared?.map(({ code }) => code),
    ["A", "B", "C", "D"],
  );
});

test("corners that are no places are left out", () => {
  assert.deepEqual(readAddress("?draw=-2.6 51.4,x y,1 2 3,-2.5 91").drawing, [[-2.6, 51.4]]);
  assert.equal(readAddress("?place=town").drawing, null);
});

test("a hotspot question is kept beside the indicator that the map shows", () => {
  const address =
    "?place=town&indicator=crime_count&category=burglary&vintage=lsoa_2011&period=2018-12&view=hotspots&method=gi_star&source=police&of=robbery&from=2018-10&unit=grid:250";
  const { choice } = settled(address);
  assert.equal(choice?.category, "burglary");
  assert.equal(choice?.hotspots.of, "robbery");
  assert.equal(choice && writeAddress(choice), address);
});
