/** What a reader may do, and what then happens. */
import { askedBy, nameOf, MOST_COMPARED, type AreaRef, type Corner } from "./address.ts";
import { boxOfAll } from "./geometry.ts";
import { loadHotspots } from "./hotspots/loading.ts";
import {
  begin,
  chosenFeatures,
  CLOSEST_FRAME,
  loadComparison,
  loadFigures,
  loadProfile,
  showChosen,
} from "./loading.ts";
import type { Actions, Column, OwnActions, OwnState, SearchState } from "./model.ts";
import { drawnWanted, LEAST_CORNERS, listWanted, vintageOfCodes, type OwnWanted } from "./own.ts";
import type { Page } from "./page.ts";
import { asProblem, makeOwn, searchAreas } from "./service.ts";
import { ROWS_AT_ONCE } from "./table.ts";

const SEARCH_PAUSE_MS = 180;
const SAID_FOR_MS = 4000;
const SHORTEST_SEARCH = 2;
/** Columns that read best from the start of the alphabet; numbers read best from the top. */
const WORDED: Column[] = ["name", "code", "status"];

export function actionsOf(page: Page): Actions {
  const { model } = page;
  const change = (act: () => void) => {
    act();
    page.draw();
  };
  return {
    go: (asked) => page.travel({ ...askedBy(model.choice), ...asked }),
    retry: () => {
      if (model.figures.state === "failed") void loadFigures(page);
      if (model.profile.state === "failed") void loadProfile(page);
      if (model.comparison.state === "failed") void loadComparison(page);
      if (model.hotspots.state === "failed") void loadHotspots(page);
    },
    openArea: (area, how) => openArea(page, area, how),
    closeArea: () => {
      page.travel({ ...askedBy(model.choice), area: undefined, own: undefined });
      focusOn(model.choice.view === "table" ? "filter" : "search");
    },
    fitPlace: () => page.atlas?.frame(model.choice.place.bbox),
    copyLink: () => void copyLink(),
    openAbout: () => aboutDialog()?.showModal(),
    closeAbout: () => aboutDialog()?.close(),
    sortBy: (column) =>
      change(() => {
        const { sortedBy, descending } = model.table;
        model.table.descending = sortedBy === column ? !descending : !WORDED.includes(column);
        model.table.sortedBy = column;
      }),
    filterBy: (filter) => change(() => Object.assign(model.table, { filter, rows: ROWS_AT_ONCE })),
    moreRows: () =>
      change(() => {
        model.table.rows += ROWS_AT_ONCE;
      }),
    search: (text) => search(page, text),
    mark: (by) =>
      change(() => {
        model.search.open = true;
        model.search.marked = nextMark(model.search, by);
      }),
    closeSearch: () =>
      change(() => {
        model.search.open = false;
      }),
    dismiss: () =>
      change(() => {
        model.notice = null;
      }),
    ...ownActions(page, change),
    leaveOut: ({ vintage, code }) =>
      page.travel({
        ...askedBy(model.choice),
        compared: model.choice.compared.filter((each) => each.code !== code || each.vintage !== vintage),
      }),
    askHotspots: (asked) =>
      page.travel({ ...askedBy(model.choice), hotspots: { ...model.choice.hotspots, ...asked } }),
  };
}

/** What one may do about a neighbourhood of one's own. */
function ownActions(page: Page, change: (act: () => void) => void): OwnActions {
  const { model } = page;
  const draw = (drawing: Corner[] | null) => page.travel({ ...askedBy(model.choice), drawing });
  const corners = () => model.choice.drawing ?? [];
  const write = (part: Partial<OwnState>) => change(() => Object.assign(model.own, part, { fault: "" }));
  return {
    startDrawing: () => {
      page.travel({ ...askedBy(model.choice), view: "map", area: undefined, own: undefined, drawing: [] });
      focusOn("own-heading");
      showBesideSheet();
    },
    stopDrawing: () => {
      draw(null);
      focusOn("draw-own");
    },
    cornerAtMiddle: () => {
      if (page.atlas) draw([...corners(), page.atlas.middle()]);
    },
    undoCorner: () => draw(corners().slice(0, -1)),
    clearCorners: () => draw([]),
    nameOwn: (name) => write({ name }),
    listOwn: (text) => write({ text }),
    vintageOfOwn: (vintage) => write({ vintage }),
    makeOwn: () => {
      const asked = ownWanted(page);
      if ("fault" in asked) change(() => Object.assign(model.own, asked));
      else void sendOwn(page, asked.wanted);
    },
  };
}

/** What the form asks for: its list where there is one, or else what is drawn. */
function ownWanted({ model }: Page): ReturnType<typeof listWanted> {
  const { own, choice } = model;
  if (own.text.trim() !== "") return listWanted(own.text, vintageOfCodes(model));
  const corners = choice.drawing ?? [];
  if (corners.length < LEAST_CORNERS)
    return { fault: "Set at least three corners on the map, or write a list." };
  return { wanted: drawnWanted(corners) };
}

async function sendOwn(page: Page, wanted: OwnWanted): Promise<void> {
  const { model } = page;
  const name = model.own.name.trim();
  model.own.made = { state: "loading" };
  page.draw();
  try {
    const { token } = await makeOwn(name ? { ...wanted, name } : wanted);
    model.own.made = { state: "none" };
    page.travel({ ...askedBy(model.choice), area: undefined, drawing: null, own: token });
    focusOn("profile-name");
  } catch (failure) {
    model.own.made = { state: "failed", problem: asProblem(failure) };
    page.draw();
  }
}

function openArea(page: Page, { vintage, code }: AreaRef, how: { frame: boolean }): void {
  Object.assign(page.model.search, { text: "", open: false });
  if (page.model.choice.view === "compare") return putBeside(page, { vintage, code });
  page.travel({ ...askedBy(page.model.choice), area: { vintage, code }, own: undefined, drawing: null });
  focusOn("profile-name");
  showBesideSheet();
  if (how.frame) void bringIntoView(page);
}

/** In a comparison an area that is looked up joins the others; where there is no room, the last makes way. */
function putBeside(page: Page, area: AreaRef): void {
  const { compared } = page.model.choice;
  focusOn("search");
  if (compared.some((each) => nameOf(each) === nameOf(area))) return page.draw();
  page.travel({
    ...askedBy(page.model.choice),
    compared: [...compared.slice(0, MOST_COMPARED - 1), area],
  });
}

/** Moves the map to the chosen area, fetching its shape where no layer of the map has it yet. */
async function bringIntoView(page: Page): Promise<void> {
  const { area, place } = page.model.choice;
  if (!area || !page.atlas) return;
  await page.shelf.bring(area.vintage, place.within, page.atlas.zoomWanted()).catch(() => null);
  const shapes = chosenFeatures(page);
  if (shapes[0]?.properties.code !== area.code) return;
  showChosen(page);
  page.atlas.frame(boxOfAll(shapes), CLOSEST_FRAME);
}

/** On a narrow screen the profile is a sheet from below: the map moves up to stay in sight above it. */
export function showBesideSheet(): void {
  if (matchMedia("(max-width: 760px)").matches)
    document.querySelector(".stage")?.scrollIntoView({ block: "start" });
}

/** Takes the keyboard along to what has just been opened. */
function focusOn(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus({ preventScroll: true }));
}

let searchTimer = 0;

function search(page: Page, text: string): void {
  page.model.search = { text, open: true, marked: -1, found: { state: "loading" } };
  page.draw();
  window.clearTimeout(searchTimer);
  searchTimer = window.setTimeout(() => void lookFor(page, text.trim()), SEARCH_PAUSE_MS);
}

/** Looks in every vintage of the place, wider areas first: a town is a district before it is a street. */
async function lookFor(page: Page, text: string): Promise<void> {
  const signal = begin(page, "search");
  if (text.length < SHORTEST_SEARCH) return;
  const { vintages, within } = page.model.choice.place;
  const sizes = new Map(page.model.catalogue.vintages.map(({ id, areas }) => [id, areas]));
  const widestFirst = vintages.toSorted((a, b) => (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0));
  try {
    const found = await Promise.all(widestFirst.map((each) => searchAreas(text, each, within, signal)));
    page.model.search.found = { state: "ready", value: found.flat() };
  } catch (failure) {
    if (signal.aborted) return;
    page.model.search.found = { state: "failed", problem: asProblem(failure) };
  }
  page.draw();
}

/** Steps through what was found and round again; from nowhere, down is the first and up the last. */
function nextMark({ found, marked }: SearchState, by: number): number {
  const many = found.state === "ready" ? found.value.length : 0;
  if (many === 0) return -1;
  return marked < 0 && by < 0 ? many - 1 : (marked + by + many) % many;
}

const aboutDialog = () => document.querySelector<HTMLDialogElement>("#about");

async function copyLink(): Promise<void> {
  // A browser gives the clipboard only to pages it holds secure.
  const copied = await navigator.clipboard?.writeText(location.href).then(
    () => true,
    () => false,
  );
  const said = document.getElementById("said");
  if (!said) return;
  said.textContent = copied ? "Link copied" : "Copy the link from the address bar";
  window.setTimeout(() => {
    said.textContent = "";
  }, SAID_FOR_MS);
}
