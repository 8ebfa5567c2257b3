import assert from "node:assert/strict";
import { test } from "node:test";
import { countedInWords, interval, intervalName, number, periodInWords, statusInWords } from "./words.ts";

test("periods read as words", () => {
  const read = ["2018-07", "2018-Q4", "2018", "2016/17", "2015..2017"].map(periodInWords);
  assert.deepEqual(read, ["July 2018", "Oct to Dec 2018", "2018", "2016/17", "2015 to 2017"]);
});

test("a number is shown with as many decimals as its indicator is worth", () => {
  assert.equal(number(12345.678, 1), "12,345.7");
  assert.equal(number(2, 1), "2.0");
});

test("a denominator reads on from its number, and an interval says how sure it is", () => {
  assert.equal(countedInWords("Usual residents, 2011 (Census 2011: residents)"), "usual residents, 2011");
  assert.equal(intervalName(0.95), "95 % interval");
  assert.equal(intervalName(undefined), "Interval");
});

test("an interval is told whole or not at all", () => {
  assert.equal(interval({ lower: 6.94, upper: 18.2 }, 1), "6.9 to 18.2");
  assert.equal(interval({ lower: 6.94, upper: null }, 1), "");
});

test("no data is not called withheld", () => {
  assert.equal(statusInWords({ status: "withheld", reason: "no_data" }), "No data");
  assert.equal(statusInWords({ status: "withheld", reason: "small_number" }), "Withheld");
});
