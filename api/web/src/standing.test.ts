import assert from "node:assert/strict";
import { test } from "node:test";
import { testedInWords } from "./standing.ts";

const stands = (tested: number, flagged: number) => ({ tested, flagged });

test("how many comparisons were made is said, whatever came of them", () => {
  assert.equal(testedInWords(stands(57, 2)), "57 comparisons were tested, 2 stand out.");
  assert.equal(testedInWords(stands(1, 1)), "1 comparison was tested, 1 stands out.");
  assert.equal(testedInWords(stands(40, 0)), "40 comparisons were tested, none stands out.");
  assert.match(testedInWords(stands(0, 0)), /Nothing could be compared/);
});
