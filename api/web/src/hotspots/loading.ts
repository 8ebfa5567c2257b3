/** What the hotspot view needs: what may be asked here, and the answer to what is asked. */
import type { FeatureCollection } from "geojson";
import { writeAddress } from "../address.ts";
import { boxOfCorners, cornersOf } from "../geometry.ts";
import { begin } from "../loading.ts";
import { insteadOf } from "../notices.ts";
import { LEAST_CORNERS } from "../own.ts";
import type { Page } from "../page.ts";
import { ask, askFigures, askHotspots, asProblem } from "../service.ts";
import type { Place } from "../shapes.ts";
import { colouredShapes } from "./answers.ts";
import {
  askedOf,
  districtsAsked,
  offerOf,
  settledOf,
  type District,
  type HotspotOffer,
  type Method,
  type SettledHotspots,
  type SourceCard,
} from "./asking.ts";

/** Asks what is asked; the first time in a place, what may be asked there before it. */
export async function loadHotspots(page: Page): Promise<void> {
  const signal = begin(page, "hotspots");
  const { model } = page;
  if (model.choice.view !== "hotspots") {
    model.hotspots = { state: "none" };
    page.atlas?.layOver(null);
    page.lookedAt = null;
    return;
  }
  model.hotspots = { state: "loading" };
  page.draw();
  try {
    const offer = await offerHere(page, signal);
    if (signal.aborted) return;
    model.offer = { state: "ready", value: offer };
    const settled = settledOf(model);
    if (!settled || isUnfinished(settled)) {
      page.atlas?.layOver({ type: "FeatureCollection", features: [] });
      model.hotspots = { state: "none" };
      page.draw();
      return;
    }
    if (settled.replaced.length > 0) model.notice = insteadOf(settled.replaced);
    model.choice = { ...model.choice, hotspots: askedOf(settled) };
    history.replaceState(null, "", writeAddress(model.choice));
    page.draw();
    const { question, polygon, method } = settled;
    const value = await askHotspots(question, polygon, method.maps ? "geojson" : "json", signal);
    if (signal.aborted) return;
    model.hotspots = { state: "ready", value };
    showOver(page, colouredShapes(value), question["within"] ?? null);
  } catch (failure) {
    if (signal.aborted) return;
    model.hotspots = { state: "failed", problem: asProblem(failure) };
    page.atlas?.layOver({ type: "FeatureCollection", features: [] });
  }
  page.draw();
}

/** A study area that is being drawn and has too few corners to be one. */
const isUnfinished = ({ polygon }: SettledHotspots): boolean =>
  polygon !== null && polygon.length < LEAST_CORNERS;

/** Lays the shapes over the map, and moves it to them where they are of another place than before.
 *
 * `within` is null for an area that is drawn: whoever draws it is looking at it.
 */
function showOver(page: Page, shapes: FeatureCollection, within: string | null): void {
  page.atlas?.layOver(shapes);
  if (within === null || page.lookedAt === within || shapes.features.length === 0) return;
  page.lookedAt = within;
  page.atlas?.frame(boxOfCorners(shapes.features.flatMap(({ geometry }) => cornersOf(geometry))));
}

async function offerHere({ model }: Page, signal: AbortSignal): Promise<HotspotOffer> {
  const { place } = model.choice;
  if (model.offer.state === "ready" && model.offer.value.place === place.id) return model.offer.value;
  const [{ sources }, { methods }] = await Promise.all([
    ask<{ sources: SourceCard[] }>("/sources", signal),
    ask<{ methods: Method[] }>("/hotspots", signal),
  ]);
  return offerOf(methods, sources, model.catalogue, place, await districtsOf(place, model, sources, signal));
}

/** The districts of a place that incidents are known of, of the newest year it has them for. */
async function districtsOf(
  place: Place,
  { catalogue }: Page["model"],
  cards: SourceCard[],
  signal: AbortSignal,
): Promise<District[]> {
  const asked = districtsAsked(place, catalogue, cards);
  if (!asked) return [];
  const { vintage } = asked;
  const { figures } = await askFigures(asked, signal);
  return figures
    .filter(({ value }) => value !== null && value > 0)
    .map(({ area_code: code, name }) => ({ vintage, code, name }));
}
