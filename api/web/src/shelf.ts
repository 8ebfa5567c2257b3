/** Shapes already fetched: each vintage of a place once, and again only where finer ones are wanted. */
import { askAreas } from "./service.ts";
import type { AreaCollection } from "./shapes.ts";

export interface Shelf {
  /** The shapes at hand, at whatever zoom they were drawn for. */
  held: (vintage: string, within: string | null) => AreaCollection | undefined;
  /** Shapes at least as fine as a zoom needs. */
  bring: (vintage: string, within: string | null, zoom: number) => Promise<AreaCollection>;
}

export function createShelf(): Shelf {
  const kept = new Map<string, { zoom: number; areas: AreaCollection }>();
  const onTheWay = new Map<string, Promise<AreaCollection>>();
  const fetched = async (vintage: string, within: string | null, zoom: number): Promise<AreaCollection> => {
    const areas = await askAreas(vintage, within, zoom);
    kept.set(`${vintage} ${within}`, { zoom, areas });
    return areas;
  };
  return {
    held: (vintage, within) => kept.get(`${vintage} ${within}`)?.areas,
    bring: async (vintage, within, zoom) => {
      const known = kept.get(`${vintage} ${within}`);
      if (known && known.zoom >= zoom) return known.areas;
      const request = `${vintage} ${within} ${zoom}`;
      const coming =
        onTheWay.get(request) ?? fetched(vintage, within, zoom).finally(() => onTheWay.delete(request));
      onTheWay.set(request, coming);
      return coming;
    },
  };
}
