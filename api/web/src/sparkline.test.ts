import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrendPeriod } from "./shapes.ts";
import { lineInWords, runsOf } from "./sparkline.ts";
import { worth } from "./figures.ts";

const at = (
  period: string,
  value: number | null,
  status: TrendPeriod["status"] = "observed",
): TrendPeriod => ({
  period,
  value,
  lower: null,
  upper: null,
  status,
});

test("a period without a value parts the line, and is not drawn as a zero", () => {
  const runs = runsOf([at("2016", 4), at("2017", null, "withheld"), at("2018", 0), at("2019", 2)]);
  assert.deepEqual(
    runs.map((run) => run.length),
    [1, 2],
  );
});

test("a zero lies on the foot, the greatest value at the head, and time runs to the right", () => {
  const [run = []] = runsOf([at("2016", 0), at("2017", 8), at("2018", 4)], 100, 40);
  assert.deepEqual(
    run.map(({ x, y }) => [x, y]),
    [
      [4, 36],
      [50, 4],
      [96, 20],
    ],
  );
});

test("an incomplete period is drawn hollow", () => {
  assert.equal(runsOf([at("2016", 4, "incomplete")])[0]?.[0]?.isWhole, false);
});

test("the line is told from end to end, with how many periods are missing", () => {
  const trend = {
    periods: [at("2018-10", 4), at("2018-11", null, "withheld"), at("2018-12", 6)],
    verdict: "no clear change",
    test: "",
    p: null,
    tested_periods: 2,
  };
  assert.equal(
    lineInWords(trend, 0),
    "From 4 in October 2018 to 6 in December 2018. 1 of 3 periods have no value.",
  );
});

test("zero, estimated and incomplete are words beside the value, and a plain value needs none", () => {
  assert.equal(worth({ value: 0, status: "observed" }), "zero");
  assert.equal(worth({ value: 0, status: "incomplete" }), "incomplete");
  assert.equal(worth({ value: 3, status: "estimated" }), "estimated");
  assert.equal(worth({ value: 3, status: "observed" }), "");
});
