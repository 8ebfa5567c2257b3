import assert from "node:assert/strict";
import { test } from "node:test";
import { knownAs, whereInWords } from "./sites.ts";

test("a site inside is said to be inside, and one outside how far off it is", () => {
  const read = [
    { inside: true, distance_m: 0 },
    { inside: true, distance_m: null },
    { inside: false, distance_m: 3 },
    { inside: false, distance_m: 986 },
    { inside: false, distance_m: 2550 },
  ].map(whereInWords);
  assert.deepEqual(read, ["Inside", "Inside, by its postcode", "10 m away", "990 m away", "2.6 km away"]);
});

test("an area without an everyday name has none", () => {
  assert.equal(knownAs({ aliases: { known_as: "Totterdown" } }), "Totterdown");
  assert.equal(knownAs({ aliases: {} }), "");
  assert.equal(knownAs({}), "");
});
