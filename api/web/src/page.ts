/** The page as a whole: its parts held together, drawn, and moved from one address to the next. */
import { render, type TemplateResult } from "lit-html";
import { actionsOf, showBesideSheet } from "./actions.ts";
import { askedBy, readAddress, settle, writeAddress, type Asked, type Choice } from "./address.ts";
import { createAtlas, type Atlas } from "./atlas.ts";
import { headline } from "./controls.ts";
import { whole } from "./frame.ts";
import { loadHotspots } from "./hotspots/loading.ts";
import { hotspotHeadline, hotspotTip } from "./hotspots/view.ts";
import { boxOfCorners } from "./geometry.ts";
import {
  CLOSEST_FRAME,
  comeCloser,
  loadComparison,
  loadFigures,
  loadProfile,
  showChosen,
  showOwn,
} from "./loading.ts";
import { questionOf, type Actions, type Model } from "./model.ts";
import { tooltip } from "./notices.ts";
import { createShelf, type Shelf } from "./shelf.ts";
import type { Catalogue, Figure } from "./shapes.ts";
import { ROWS_AT_ONCE } from "./table.ts";

export interface Page {
  root: HTMLElement;
  model: Model;
  actions: Actions;
  shelf: Shelf;
  figuresByCode: Map<string, Figure>;
  /** Null where the browser cannot draw a map. */
  atlas: Atlas | null;
  /** Where the hotspots were that the map last moved to. */
  lookedAt: string | null;
  /** What is under way, so that an answer nobody waits for any more is dropped. */
  underWay: Record<"figures" | "profile" | "search" | "comparison" | "hotspots", AbortController>;
  draw: () => void;
  /** Goes to what is asked for, as a step the back button can take back. */
  travel: (asked: Asked) => void;
}

export function openPage(
  root: HTMLElement,
  catalogue: Catalogue,
  choice: Choice,
  notice: string | null,
): void {
  const page: Page = {
    root,
    model: firstModel(catalogue, choice, notice),
    actions: {} as Actions,
    shelf: createShelf(),
    figuresByCode: new Map(),
    atlas: null,
    lookedAt: null,
    underWay: {
      figures: new AbortController(),
      profile: new AbortController(),
      search: new AbortController(),
      comparison: new AbortController(),
      hotspots: new AbortController(),
    },
    draw: () => draw(page),
    travel: (asked) => travel(page, asked),
  };
  page.actions = actionsOf(page);
  history.replaceState(null, "", writeAddress(choice));
  draw(page);
  startAtlas(page);
  listen(page);
  void loadFigures(page);
  void loadProfile(page);
  void loadComparison(page);
  void loadHotspots(page);
  if (choice.area || choice.own !== null || choice.drawing) showBesideSheet();
  page.atlas?.drawLine(choice.drawing);
  if (choice.drawing && choice.drawing.length > 1)
    page.atlas?.frame(boxOfCorners(choice.drawing), CLOSEST_FRAME);
}

function firstModel(catalogue: Catalogue, choice: Choice, notice: string | null): Model {
  return {
    catalogue,
    choice,
    figures: { state: "none" },
    drawn: new Map(),
    names: new Map(),
    profile: { state: "none" },
    table: { sortedBy: "value", descending: true, filter: "", rows: ROWS_AT_ONCE },
    search: { text: "", found: { state: "none" }, marked: -1, open: false },
    own: { name: "", text: "", vintage: "", fault: "", made: { state: "none" } },
    comparison: { state: "none" },
    offer: { state: "none" },
    hotspots: { state: "none" },
    notice,
    mapWorks: true,
  };
}

function draw(page: Page): void {
  render(whole(page.model, page.actions), page.root);
  document.title = `${titleOf(page.model)}, ${page.model.choice.place.name}: LRIS`;
}

function titleOf(model: Model): string {
  if (model.choice.view === "hotspots") return hotspotHeadline(model).title;
  return model.choice.view === "compare" ? "Areas compared" : headline(model).title;
}

function travel(page: Page, asked: Asked): void {
  const { choice } = settle(asked, page.model.catalogue);
  if (!choice) return;
  const address = writeAddress(choice);
  if (address !== location.search) history.pushState(null, "", address);
  arrive(page, choice);
}

/** Shows a choice, loading only what it does not share with the one before. */
function arrive(page: Page, choice: Choice): void {
  const before = page.model.choice;
  page.model.choice = choice;
  page.model.notice = null;
  const isOtherArea =
    before.area?.code !== choice.area?.code ||
    before.area?.vintage !== choice.area?.vintage ||
    before.own !== choice.own;
  const alike = (part: (choice: Choice) => unknown) =>
    JSON.stringify(part(before)) === JSON.stringify(part(choice));
  if (before.place.id !== choice.place.id) page.atlas?.frame(choice.place.bbox);
  if (!alike(questionOf)) void loadFigures(page);
  if (isOtherArea) void loadProfile(page);
  if (!alike(({ view, compared }) => [view, compared])) void loadComparison(page);
  const lookedFor = ({ view, hotspots, place, drawing }: Choice) =>
    view === "hotspots" ? [hotspots, place.id, drawing] : [];
  if (!alike(lookedFor)) void loadHotspots(page);
  draw(page);
  page.atlas?.drawLine(choice.drawing);
  if (isOtherArea) showChosen(page);
  if (isOtherArea && choice.own !== null) void showOwn(page);
}

function startAtlas(page: Page): void {
  const container = document.getElementById("map");
  if (!container) return;
  try {
    page.atlas = createAtlas(container, page.model.choice.place.bbox, {
      hover: (code, x, y) => showTip(page, code, x, y),
      select: (code) => page.actions.openArea({ vintage: page.model.choice.vintage, code }, { frame: false }),
      closer: () => void comeCloser(page),
      corner: (corner) =>
        page.travel({
          ...askedBy(page.model.choice),
          drawing: [...(page.model.choice.drawing ?? []), corner],
        }),
      hoverOver: (properties, x, y) => showTipOver(page, properties, x, y),
    });
  } catch (failure) {
    console.error(failure);
    page.model.mapWorks = false;
    draw(page);
  }
}

function showTip({ model, figuresByCode }: Page, code: string | null, x: number, y: number): void {
  if (code === null || model.figures.state !== "ready") return moveTip(null, x, y);
  const { meta } = model.figures.value;
  const name = model.names.get(code) ?? code;
  moveTip(tooltip(name, figuresByCode.get(code), meta, model.choice.indicator.decimals), x, y);
}

function showTipOver(
  { model }: Page,
  properties: Record<string, unknown> | null,
  x: number,
  y: number,
): void {
  if (model.choice.view !== "hotspots") return;
  const told =
    properties && model.hotspots.state === "ready" ? hotspotTip(properties, model.hotspots.value) : null;
  moveTip(told, x, y);
}

/** Puts the tip beside the pointer, where there is room; without words it goes away. */
function moveTip(words: TemplateResult | null, x: number, y: number): void {
  const tip = document.getElementById("tip");
  const within = tip?.parentElement;
  if (!tip || !within) return;
  tip.hidden = words === null;
  if (words === null) return;
  render(words, tip);
  const left = x + 18 + tip.offsetWidth > within.clientWidth ? x - 18 - tip.offsetWidth : x + 18;
  const top = Math.min(y + 14, within.clientHeight - tip.offsetHeight - 8);
  tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
}

function listen(page: Page): void {
  page.root.addEventListener("click", (event) => follow(page, event));
  page.root.addEventListener("keydown", (event) => {
    const isSpent = event.defaultPrevented || document.querySelector("dialog[open]") !== null;
    const { area, own } = page.model.choice;
    if (event.key === "Escape" && (area || own !== null) && !isSpent) page.actions.closeArea();
  });
  window.addEventListener("popstate", () => {
    const { choice } = settle(readAddress(location.search), page.model.catalogue);
    if (choice) arrive(page, choice);
  });
}

/** A link within the page changes what is shown without loading the page again. */
function follow(page: Page, event: MouseEvent): void {
  const link = (event.target as Element).closest("a[href^='?']");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!(link instanceof HTMLAnchorElement) || !isPlain) return;
  event.preventDefault();
  const asked = readAddress(link.search);
  // Links to other views leave the hotspot question out; it waits there as it was.
  if (Object.keys(asked.hotspots ?? {}).length === 0) asked.hotspots = page.model.choice.hotspots;
  const isMap = asked.view === "map" || asked.view === "table";
  if (asked.area && isMap && asked.view === page.model.choice.view)
    page.actions.openArea(asked.area, { frame: true });
  else travel(page, asked);
}
