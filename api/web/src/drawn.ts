/** How a figure is drawn: which class, and whether it is zero, missing, withheld or incomplete. */
import type { Figure, Legend } from "./shapes.ts";
import { isMissing } from "./words.ts";

export type Kind = "value" | "zero" | "missing" | "withheld";

export interface Drawn {
  kind: Kind;
  colour: string | null;
  incomplete: boolean;
}

/** The colour of every value where no layer says which colours there are. */
export const PLAIN_COLOUR = "#8fb9bb";

export const NOTHING_DRAWN: Drawn = { kind: "missing", colour: null, incomplete: false };

/** Without a legend every value is drawn alike: nobody has said what its colours would mean. */
export function drawnAs(figure: Figure, legend: Legend | null): Drawn {
  const incomplete = figure.status === "incomplete";
  if (isMissing(figure)) return NOTHING_DRAWN;
  if (figure.status === "withheld") return { kind: "withheld", colour: null, incomplete: false };
  if (figure.value === null) return { kind: "missing", colour: null, incomplete };
  if (legend === null) return { kind: "value", colour: PLAIN_COLOUR, incomplete };
  if (figure.value === 0 && legend.zero) return { kind: "zero", colour: legend.zero.colour, incomplete };
  return { kind: "value", colour: classColour(figure.value, legend), incomplete };
}

/** The colour of the first class whose upper end takes the value in; the last takes the rest. */
function classColour(value: number, legend: Legend): string | null {
  const found = legend.classes.find((each) => value <= each.upper) ?? legend.classes.at(-1);
  return found?.colour ?? null;
}
