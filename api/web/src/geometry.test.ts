import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOfCorners, cornersOf } from "./geometry.ts";

test("every corner of a geometry counts, whatever its kind", () => {
  assert.deepEqual(cornersOf({ type: "Point", coordinates: [1, 2] }), [[1, 2]]);
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ];
  assert.equal(cornersOf({ type: "Polygon", coordinates: [ring] }).length, 4);
  assert.equal(cornersOf({ type: "MultiPolygon", coordinates: [[ring], [ring]] }).length, 8);
  assert.deepEqual(boxOfCorners(ring), [0, 0, 1, 1]);
});
