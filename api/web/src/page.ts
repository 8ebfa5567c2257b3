/** The page as a whole: its parts held together, drawn, and moved from one address to the next. */
import { render } from "lit-html";
import { actionsOf } from "./actions.ts";
import { readAddress, settle, writeAddress, type Asked, type Choice } from "./address.ts";
import { createAtlas, type Atlas } from "./atlas.ts";
import { headline } from "./controls.ts";
import { whole } from "./frame.ts";
import { comeCloser, loadFigures, loadProfile, showChosen } from "./loading.ts";
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
  /** What is under way, so that an answer nobody waits for any more is dropped. */
  underWay: { figures: AbortController; profile: AbortController; search: AbortController };
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
    underWay: {
      figures: new AbortController(),
      profile: new AbortController(),
      search: new AbortController(),
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
    notice,
    mapWorks: true,
  };
}

function draw(page: Page): void {
  render(whole(page.model, page.actions), page.root);
  document.title = `${headline(page.model).title}, ${page.model.choice.place.name}: LRIS`;
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
    before.area?.code !== choice.area?.code || before.area?.vintage !== choice.area?.vintage;
  if (before.place.id !== choice.place.id) page.atlas?.frame(choice.place.bbox);
  if (JSON.stringify(questionOf(before)) !== JSON.stringify(questionOf(choice))) void loadFigures(page);
  if (isOtherArea) void loadProfile(page);
  draw(page);
  if (isOtherArea) showChosen(page);
}

function startAtlas(page: Page): void {
  const container = document.getElementById("map");
  if (!container) return;
  try {
    page.atlas = createAtlas(container, page.model.choice.place.bbox, {
      hover: (code, x, y) => showTip(page, code, x, y),
      select: (code) => page.actions.openArea({ vintage: page.model.choice.vintage, code }, { frame: false }),
      closer: () => void comeCloser(page),
    });
  } catch (failure) {
    console.error(failure);
    page.model.mapWorks = false;
    draw(page);
  }
}

function showTip({ model, figuresByCode }: Page, code: string | null, x: number, y: number): void {
  const tip = document.getElementById("tip");
  const within = tip?.parentElement;
  if (!tip || !within) return;
  tip.hidden = code === null || model.figures.state !== "ready";
  if (code === null || model.figures.state !== "ready") return;
  const { meta } = model.figures.value;
  render(
    tooltip(model.names.get(code) ?? code, figuresByCode.get(code), meta, model.choice.indicator.decimals),
    tip,
  );
  const left = x + 18 + tip.offsetWidth > within.clientWidth ? x - 18 - tip.offsetWidth : x + 18;
  const top = Math.min(y + 14, within.clientHeight - tip.offsetHeight - 8);
  tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
}

function listen(page: Page): void {
  page.root.addEventListener("click", (event) => follow(page, event));
  page.root.addEventListener("keydown", (event) => {
    const isSpent = event.defaultPrevented || document.querySelector("dialog[open]") !== null;
    if (event.key === "Escape" && page.model.choice.area && !isSpent) page.actions.closeArea();
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
  if (asked.area && asked.view === page.model.choice.view) page.actions.openArea(asked.area, { frame: true });
  else travel(page, asked);
}
