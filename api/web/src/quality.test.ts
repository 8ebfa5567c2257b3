import assert from "node:assert/strict";
import { test } from "node:test";
import { moreInWords, qualityAddress, toldOf } from "./quality.ts";

const expected = { aspect: "placement", verdict: "as expected", sentence: "all placed" } as const;
const look = { aspect: "history", verdict: "needs a look", sentence: "rows: 3, far below" } as const;
const unknown = { aspect: "history", verdict: "not known", sentence: "too few" } as const;

test("what needs a look is told, and what is as expected is not", () => {
  assert.deepEqual(toldOf([expected, look, unknown]), ["rows: 3, far below"]);
});

test("nothing to look at is said in words, and so is that nothing is known", () => {
  assert.deepEqual(toldOf([expected, unknown]), ["As expected"]);
  assert.deepEqual(toldOf([unknown]), ["Not known"]);
});

test("deliveries that are not shown are counted", () => {
  assert.equal(moreInWords(6), "");
  assert.equal(moreInWords(38), "32 earlier deliveries are in the whole card.");
});

test("the address of a card holds whatever a source is called", () => {
  assert.equal(qualityAddress("a/b"), "/sources/a%2Fb");
});
