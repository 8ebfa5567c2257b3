/** Where an area lies on the page: its box, and a point to write its name on. Degrees, lon/lat. */
import type { Geometry, Position } from "geojson";
import type { AreaFeature, Bbox } from "./shapes.ts";

function outerRings(feature: AreaFeature): Position[][] {
  const { geometry } = feature;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flatMap((rings) => rings.slice(0, 1));
}

export const boxOfAll = (features: AreaFeature[]): Bbox => boxOfCorners(features.flatMap(outerRings).flat());

/** Every corner of a geometry, whatever its kind. */
export function cornersOf(geometry: Geometry): Position[] {
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(cornersOf);
  const { coordinates } = geometry;
  const deep = { Point: 0, MultiPoint: 1, LineString: 1, MultiLineString: 2, Polygon: 2, MultiPolygon: 3 };
  return [coordinates].flat(deep[geometry.type]) as Position[];
}

export function boxOfCorners(corners: Position[]): Bbox {
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon = 0, lat = 0] of corners) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return box;
}

/** Centroid of the largest part, and that part's size in square degrees (to rank labels by). */
export function labelPoint(feature: AreaFeature): { point: [number, number]; size: number } {
  return outerRings(feature)
    .map(centroid)
    .reduce((largest, each) => (each.size > largest.size ? each : largest));
}

function centroid(ring: Position[]): { point: [number, number]; size: number } {
  const [x0 = 0, y0 = 0] = ring[0] ?? [];
  let twice = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    // Relative to the first corner, so that small areas far from the origin keep their digits.
    const [ax, ay] = [(ring[i]?.[0] ?? 0) - x0, (ring[i]?.[1] ?? 0) - y0];
    const [bx, by] = [(ring[i + 1]?.[0] ?? 0) - x0, (ring[i + 1]?.[1] ?? 0) - y0];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  if (twice === 0) return { point: [x0, y0], size: 0 };
  return { point: [x0 + x / (3 * twice), y0 + y / (3 * twice)], size: Math.abs(twice / 2) };
}
