import assert from "node:assert/strict";
import { test } from "node:test";
import type { Corner } from "./address.ts";
import { drawnWanted, listWanted, ringOf, wordsOf } from "./own.ts";

test("a list may be parted by lines, commas, semicolons or, for codes, spaces; each is named once", () => {
  assert.deepEqual(wordsOf("e01014540 E01014541\nE01014540;  BS3  4tw, "), [
    "E01014540",
    "E01014541",
    "BS3 4TW",
  ]);
});

test("codes are asked for with their vintage, and postcodes without", () => {
  assert.deepEqual(listWanted("E01014540", "lsoa_2011"), {
    wanted: { codes: ["E01014540"], vintage: "lsoa_2011" },
  });
  assert.deepEqual(listWanted("BS3 4TW, bs34ua", "lsoa_2011"), {
    wanted: { postcodes: ["BS3 4TW", "BS34UA"] },
  });
});

test("what is neither a code nor a postcode is named, and the two are not mixed", () => {
  assert.match((listWanted("Totterdown", "v") as { fault: string }).fault, /“TOTTERDOWN” is neither/);
  assert.match((listWanted("E01014540, BS3 4TW", "v") as { fault: string }).fault, /not both/);
  assert.match((listWanted(" , ", "v") as { fault: string }).fault, /at least one/);
});

test("a ring is closed and turns counter-clockwise, whichever way it was drawn", () => {
  const drawn: Corner[] = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  const ring = ringOf(drawn);
  assert.deepEqual(ring[0], ring.at(-1));
  assert.equal(area(ring) > 0, true);
  assert.equal(area(ringOf(drawn.toReversed())) > 0, true);
  assert.deepEqual(ringOf([]), []);
});

test("a drawing is sent as GeoJSON", () => {
  const wanted = drawnWanted([
    [0, 0],
    [1, 0],
    [1, 1],
  ]);
  assert.equal("polygon" in wanted && wanted.polygon.coordinates[0]?.length, 4);
});

function area(ring: Corner[]): number {
  return ring.slice(1).reduce((sum, [x, y], at) => {
    const [px, py] = ring[at] ?? [0, 0];
    return sum + px * y - x * py;
  }, 0);
}
