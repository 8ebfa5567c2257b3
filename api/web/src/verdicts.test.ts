import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparator } from "./shapes.ts";
import {
  comparedInWords,
  listed,
  rankInWords,
  sureness,
  thanInWords,
  trendInWords,
  turned,
} from "./verdicts.ts";

const beside = (parts: Partial<Comparator>): Comparator => ({
  kind: "lad",
  vintage: null,
  code: null,
  name: "Bristol",
  value: 6.1,
  lower: null,
  upper: null,
  numerator: null,
  denominator: null,
  period: "2018",
  verdict: "worse",
  level: 95,
  because: null,
  ...parts,
});

test("comparisons are one sentence, those alike together, and why one is not made is said", () => {
  const told = comparedInWords(
    [
      beside({}),
      beside({ name: "England", value: 5.84, verdict: "similar" }),
      beside({ name: "South West", value: 5, verdict: "worse" }),
      beside({ name: "Avon", value: null, verdict: "not_compared", because: "it contains this area" }),
    ],
    1,
    "2018",
  );
  assert.equal(
    told,
    "Worse than Bristol (6.1) and South West (5.0); similar to England (5.8); not compared with Avon (no figure: it contains this area).",
  );
});

test("a comparator of another period says which", () => {
  assert.equal(comparedInWords([beside({ period: "2017" })], 1, "2018"), "Worse than Bristol (6.1, 2017).");
});

test("nothing to compare with is nothing said", () => {
  assert.equal(comparedInWords([], 1), "");
});

test("only a difference is said to be sure", () => {
  assert.equal(sureness({ verdict: "worse", level: 99.8 }), "at 99.8 % confidence");
  assert.equal(sureness({ verdict: "similar", level: 95 }), "");
  assert.equal(sureness({ verdict: "not_compared", level: 0 }), "");
});

test("a rank says from which end it counts, and whether it is shared", () => {
  const rank = {
    position: 14,
    of: 263,
    ties: 1,
    among: "LSOAs of Bristol",
    order: "highest first",
    quintile: 1,
    quintile_kind: "areas",
  };
  assert.equal(rankInWords(rank), "Place 14 of 263 LSOAs of Bristol, highest first; in fifth 1 of 5.");
  assert.match(rankInWords({ ...rank, ties: 3, quintile: null }), /highest first, shared by 3\.$/);
});

test("a trend names its test, and too few periods are no verdict", () => {
  const trend = { periods: [], verdict: "worse", test: "Mann-Kendall", p: 0.01, tested_periods: 12 };
  assert.equal(trendInWords(trend), "Getting worse over 12 periods (Mann-Kendall).");
  assert.equal(
    trendInWords({ ...trend, verdict: "too short", tested_periods: 3 }),
    "3 periods: too few to tell a trend.",
  );
});

test("words are listed as people list them", () => {
  assert.deepEqual([listed([]), listed(["a"]), listed(["a", "b", "c"])], ["", "a", "a, b and c"]);
});

test("a verdict is told from either side", () => {
  assert.deepEqual((["better", "lower", "similar", "not_compared"] as const).map(turned), [
    "worse",
    "higher",
    "similar",
    "not_compared",
  ]);
  assert.equal(thanInWords("similar", "Bristol"), "similar to Bristol");
});
