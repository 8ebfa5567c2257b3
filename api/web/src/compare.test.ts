import assert from "node:assert/strict";
import { test } from "node:test";
import { comparedName, standing, testedInWords } from "./compare.ts";
import type { ComparedFigure, PairTest } from "./shapes.ts";

const pair = (first: number, second: number, verdict: PairTest["verdict"]): PairTest => ({
  first,
  second,
  verdict,
  sentence: null,
  because: null,
});

test("each area is told as it stands to the first, which is told nothing", () => {
  const tests = [pair(0, 1, "better"), pair(0, 2, "not_compared"), pair(1, 2, "worse")];
  assert.deepEqual(
    [0, 1, 2].map((at) => standing(tests, at)),
    [null, "worse", null],
  );
});

test("a figure goes by its label under its heading, with its category", () => {
  const figure = {
    name: "IMD rank",
    label: "Rank",
    heading: "Deprivation 2025",
    category_name: "",
  } as ComparedFigure;
  assert.equal(comparedName(figure), "Deprivation 2025: Rank");
  const crime = { name: "Crime rate", label: "Crime rate", heading: "Crime", category_name: "Burglary" };
  assert.equal(comparedName(crime as ComparedFigure), "Crime rate: Burglary");
});

test("how many pairs were tested is said", () => {
  assert.equal(testedInWords({ tested: 1 }), "1 pair was tested.");
  assert.equal(testedInWords({ tested: 0 }), "No pair could be tested; each row says why.");
});
