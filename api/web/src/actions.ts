/** What a reader may do, and what then happens. */
import { askedBy, type AreaRef } from "./address.ts";
import { bboxOf } from "./geometry.ts";
import { begin, chosenFeature, loadFigures, loadProfile, showChosen } from "./loading.ts";
import type { Actions, Column, SearchState } from "./model.ts";
import type { Page } from "./page.ts";
import { asProblem, searchAreas } from "./service.ts";
import { ROWS_AT_ONCE } from "./table.ts";

const SEARCH_PAUSE_MS = 180;
const SAID_FOR_MS = 4000;
/** How near the map comes to an area that was looked up: near enough to see its neighbours too. */
const CLOSEST_FRAME = 13.5;
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
    },
    openArea: (area, how) => openArea(page, area, how),
    closeArea: () => {
      page.travel({ ...askedBy(model.choice), area: undefined });
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
  };
}

function openArea(page: Page, { vintage, code }: AreaRef, how: { frame: boolean }): void {
  Object.assign(page.model.search, { text: "", open: false });
  page.travel({ ...askedBy(page.model.choice), area: { vintage, code } });
  focusOn("profile-name");
  showBesideSheet();
  if (how.frame) void bringIntoView(page);
}

/** Moves the map to the chosen area, fetching its shape where no layer of the map has it yet. */
async function bringIntoView(page: Page): Promise<void> {
  const { area, place } = page.model.choice;
  if (!area || !page.atlas) return;
  await page.shelf.bring(area.vintage, place.within, page.atlas.zoomWanted()).catch(() => null);
  const feature = chosenFeature(page);
  if (feature?.properties.code !== area.code) return;
  showChosen(page);
  page.atlas.frame(bboxOf(feature), CLOSEST_FRAME);
}

/** On a narrow screen the profile is a sheet from below: the map moves up to stay in sight above it. */
function showBesideSheet(): void {
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
