import assert from "node:assert/strict";
import { test } from "node:test";
import { decimalsFor, interval, number, periodInWords, statusInWords } from "./words.ts";

test("periods read as words", () => {
  const read = ["2018-07", "2018-Q4", "2018", "2016/17", "2015..2017"].map(periodInWords);
  assert.deepEqual(read, ["July 2018", "Oct to Dec 2018", "2018", "2016/17", "2015 to 2017"]);
});

test("a column of numbers has one number of decimals, and none when all are whole", () => {
  assert.equal(decimalsFor([1, null, 30]), 0);
  assert.equal(decimalsFor([1.25, 30]), 1);
  assert.equal(decimalsFor([0.125, 3]), 2);
  assert.equal(number(12345.678, 1), "12,345.7");
});

test("an interval is told whole or not at all", () => {
  assert.equal(interval({ lower: 6.94, upper: 18.2 }), "6.9 to 18.2");
  assert.equal(interval({ lower: 6.94, upper: null }), "");
});

test("no data is not called withheld", () => {
  assert.equal(statusInWords({ status: "withheld", reason: "no_data" }), "No data");
  assert.equal(statusInWords({ status: "withheld", reason: "small_number" }), "Withheld");
});
