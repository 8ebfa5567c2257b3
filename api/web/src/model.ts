/** What the page knows at one moment, and what a reader may do about it. */
import type { Asked, AreaRef, Choice, HotspotAsked } from "./address.ts";
import type { FiguresQuestion, Problem } from "./service.ts";
import type { Drawn } from "./drawn.ts";
import type { HotspotAnswer } from "./hotspots/answers.ts";
import type { HotspotOffer } from "./hotspots/asking.ts";
import type { AreaName, Catalogue, Comparison, FigureSet, Profile } from "./shapes.ts";

export type Loaded<Value> =
  | { state: "none" }
  | { state: "loading" }
  | { state: "ready"; value: Value }
  | { state: "failed"; problem: Problem };

export interface TableState {
  sortedBy: Column;
  descending: boolean;
  filter: string;
  rows: number;
}

export type Column = "name" | "code" | "value" | "numerator" | "denominator" | "status";

export interface SearchState {
  text: string;
  found: Loaded<AreaName[]>;
  marked: number;
  open: boolean;
}

/** What is written in the form of a neighbourhood of one's own. */
export interface OwnState {
  name: string;
  text: string;
  vintage: string;
  /** Why it cannot be asked for as it is written. */
  fault: string;
  made: Loaded<Profile>;
}

export interface Model {
  catalogue: Catalogue;
  choice: Choice;
  figures: Loaded<FigureSet>;
  /** How each area of the figures is drawn, by code; areas of the map that have no figure included. */
  drawn: Map<string, Drawn>;
  /** Names by code, as the boundaries give them; empty until the boundaries have arrived. */
  names: Map<string, string>;
  profile: Loaded<Profile>;
  table: TableState;
  search: SearchState;
  own: OwnState;
  comparison: Loaded<Comparison>;
  offer: Loaded<HotspotOffer>;
  hotspots: Loaded<HotspotAnswer>;
  /** What the page tells once, until it is dismissed: a link that could not be followed to the letter. */
  notice: string | null;
  /** False where the browser cannot draw the map at all. */
  mapWorks: boolean;
}

/** What one may do about a neighbourhood of one's own. */
export interface OwnActions {
  startDrawing: () => void;
  stopDrawing: () => void;
  cornerAtMiddle: () => void;
  undoCorner: () => void;
  clearCorners: () => void;
  nameOwn: (name: string) => void;
  listOwn: (text: string) => void;
  vintageOfOwn: (vintage: string) => void;
  makeOwn: () => void;
}

export interface Actions extends OwnActions {
  go: (change: Partial<Asked>) => void;
  retry: () => void;
  openArea: (area: AreaRef, how: { frame: boolean }) => void;
  closeArea: () => void;
  fitPlace: () => void;
  copyLink: () => void;
  openAbout: () => void;
  closeAbout: () => void;
  sortBy: (column: Column) => void;
  filterBy: (text: string) => void;
  moreRows: () => void;
  search: (text: string) => void;
  mark: (by: number) => void;
  closeSearch: () => void;
  dismiss: () => void;
  leaveOut: (area: AreaRef) => void;
  askHotspots: (change: HotspotAsked) => void;
}

export function questionOf(choice: Choice): FiguresQuestion {
  const { indicator, category, vintage, period, place } = choice;
  return { indicator: indicator.id, category, vintage, period, within: place.within };
}
