/** What the choice needs is fetched, and the map follows: shapes and figures apart, shown together. */
import { FEWEST_COMPARED, type AreaRef, type Choice } from "./address.ts";
import type { OutlineRank } from "./atlas.ts";
import { drawnAs, NOTHING_DRAWN } from "./drawn.ts";
import { boxOfAll } from "./geometry.ts";
import { questionOf } from "./model.ts";
import type { Page } from "./page.ts";
import { askComparison, askFigures, askOwn, askProfile, asProblem } from "./service.ts";
import type { AreaCollection, AreaFeature, Catalogue, FigureSet } from "./shapes.ts";
import { ROWS_AT_ONCE } from "./table.ts";

/** The zoom shapes are asked for where there is no map to tell one. */
const ZOOM_WITHOUT_MAP = 10;

const zoomWanted = (page: Page): number => page.atlas?.zoomWanted() ?? ZOOM_WITHOUT_MAP;

/** Figures of the choice with their shapes; the page changes once, when both are here. */
export async function loadFigures(page: Page): Promise<void> {
  const signal = begin(page, "figures");
  const { choice } = page.model;
  page.model.figures = { state: "loading" };
  page.model.table.rows = ROWS_AT_ONCE;
  page.draw();
  try {
    const [set, areas] = await Promise.all([
      askFigures(questionOf(choice), signal),
      page.shelf.bring(choice.vintage, choice.place.within, zoomWanted(page)),
    ]);
    if (signal.aborted) return;
    take(page, set, areas);
  } catch (failure) {
    if (signal.aborted) return;
    page.model.figures = { state: "failed", problem: asProblem(failure) };
  }
  page.draw();
  void loadOutlines(page);
}

function take(page: Page, set: FigureSet, areas: AreaCollection): void {
  const figures = new Map(set.figures.map((figure) => [figure.area_code, figure]));
  const known = areas.features.map(({ properties }) => properties);
  page.figuresByCode = figures;
  page.model.names = new Map(known.map(({ code, name }) => [code, name]));
  page.model.drawn = new Map(
    known.map(({ code }) => {
      const figure = figures.get(code);
      return [code, figure ? drawnAs(figure, set.meta.legend) : NOTHING_DRAWN];
    }),
  );
  page.model.figures = { state: "ready", value: set };
  repaint(page);
}

/** Puts the shapes at hand and the figures on the map. */
function repaint(page: Page): void {
  const { vintage, place } = page.model.choice;
  const areas = page.shelf.held(vintage, place.within);
  if (!page.atlas || !areas || page.model.figures.state !== "ready") return;
  page.atlas.showAreas(areas);
  page.atlas.paint(page.model.drawn);
  showChosen(page);
}

/** After zooming in: the same areas in finer lines, their colours untouched. */
export async function comeCloser(page: Page): Promise<void> {
  const { choice } = page.model;
  if (!page.shelf.held(choice.vintage, choice.place.within)) return;
  const areas = await page.shelf
    .bring(choice.vintage, choice.place.within, zoomWanted(page))
    .catch(() => null);
  if (!areas || !isStill(page, choice)) return;
  page.atlas?.showAreas(areas);
  await loadOutlines(page);
}

/** The districts and neighbourhoods the areas lie in, for bearings; the map reads without them too. */
async function loadOutlines(page: Page): Promise<void> {
  const { choice, catalogue } = page.model;
  const { atlas } = page;
  if (!atlas) return;
  const ranks: [OutlineRank, string][] = [
    ["district", "lad"],
    ["quarter", "msoa"],
  ];
  for (const [rank, level] of ranks) {
    const vintage = vintageAbove(choice, level, catalogue);
    const areas = vintage
      ? await page.shelf.bring(vintage, choice.place.within, zoomWanted(page)).catch(() => null)
      : null;
    if (!isStill(page, choice)) return;
    atlas.outline(rank, areas);
    // One name over a whole place says no more than the headline does.
    if (rank === "district") atlas.label(areas && areas.features.length > 1 ? areas : null);
  }
  showChosen(page);
}

const isStill = (page: Page, choice: Choice): boolean =>
  page.model.choice.place === choice.place && page.model.choice.vintage === choice.vintage;

function vintageAbove(choice: Choice, level: string, catalogue: Catalogue): string | undefined {
  return catalogue.vintages.find(
    (each) =>
      each.level === level &&
      choice.place.vintages.includes(each.id) &&
      (liesWithin(choice.vintage, each.id, catalogue) || shareParts(choice.vintage, each.id, catalogue)),
  )?.id;
}

/** Whether two vintages are made of the same smaller areas, and so have their borders in common. */
function shareParts(one: string, other: string, catalogue: Catalogue): boolean {
  return catalogue.vintages.some(({ parents }) => parents.includes(one) && parents.includes(other));
}

/** Whether one vintage is the other or lies within it, however many levels up. */
function liesWithin(vintage: string, above: string, catalogue: Catalogue): boolean {
  if (vintage === above) return true;
  const parents = catalogue.vintages.find((each) => each.id === vintage)?.parents ?? [];
  return parents.some((parent) => liesWithin(parent, above, catalogue));
}

export async function loadProfile(page: Page): Promise<void> {
  const signal = begin(page, "profile");
  const { area, own } = page.model.choice;
  page.model.profile = area || own !== null ? { state: "loading" } : { state: "none" };
  page.draw();
  if (!area && own === null) return;
  try {
    const profile = area
      ? await askProfile(area.vintage, area.code, signal)
      : await askOwn(own ?? "", signal);
    if (signal.aborted) return;
    page.model.profile = { state: "ready", value: profile };
    if (!area) void showOwn(page);
  } catch (failure) {
    if (signal.aborted) return;
    page.model.profile = { state: "failed", problem: asProblem(failure) };
  }
  page.draw();
}

export function showChosen(page: Page): void {
  page.atlas?.choose(chosenFeatures(page));
}

/** The shapes of the area whose profile is open, or of the areas it is made of, where the map has them. */
export function chosenFeatures(page: Page): AreaFeature[] {
  const { area, place } = page.model.choice;
  const wanted = area ? [area] : ownBlocks(page);
  const [first] = wanted;
  const areas = first ? page.shelf.held(first.vintage, place.within) : undefined;
  const codes = new Set(wanted.map(({ code }) => code));
  return areas?.features.filter(({ properties }) => codes.has(properties.code)) ?? [];
}

/** The whole areas that the neighbourhood shown is made of. */
function ownBlocks({ model: { choice, profile } }: Page): AreaRef[] {
  if (choice.own === null || profile.state !== "ready") return [];
  return (profile.value.blocks ?? []).filter(({ taken }) => taken);
}

/** Outlines the areas a neighbourhood of one's own is made of, and moves the map to them. */
export async function showOwn(page: Page): Promise<void> {
  const [first] = ownBlocks(page);
  if (!first || !page.atlas) return;
  await page.shelf.bring(first.vintage, page.model.choice.place.within, zoomWanted(page)).catch(() => null);
  showChosen(page);
  const shapes = chosenFeatures(page);
  if (shapes.length > 0) page.atlas.frame(boxOfAll(shapes), CLOSEST_FRAME);
}

/** How near the map comes to an area that was looked up: near enough to see its neighbours too. */
export const CLOSEST_FRAME = 13.5;

/** The figures of the areas that stand side by side. */
export async function loadComparison(page: Page): Promise<void> {
  const signal = begin(page, "comparison");
  const { compared, view } = page.model.choice;
  const isWanted = view === "compare" && compared.length >= FEWEST_COMPARED;
  page.model.comparison = isWanted ? { state: "loading" } : { state: "none" };
  page.draw();
  if (!isWanted) return;
  try {
    const value = await askComparison(compared, signal);
    if (signal.aborted) return;
    page.model.comparison = { state: "ready", value };
  } catch (failure) {
    if (signal.aborted) return;
    page.model.comparison = { state: "failed", problem: asProblem(failure) };
  }
  page.draw();
}

/** Drops what was under way of a kind and starts anew. */
export function begin(page: Page, kind: keyof Page["underWay"]): AbortSignal {
  page.underWay[kind].abort();
  page.underWay[kind] = new AbortController();
  return page.underWay[kind].signal;
}
