/** How a profile is read: figures that belong together, whose they are, and what an area lies in. */
import type { AreaName, Profile, ProfileFigure } from "./shapes.ts";
import { LEVELS_UPWARDS, levelInWords, reasonInWords, statusInWords } from "./words.ts";

/** Figures that share a key, in the order in which the keys first come. */
export function grouped(
  figures: ProfileFigure[],
  key: (figure: ProfileFigure) => string,
): ProfileFigure[][] {
  const groups = new Map<string, ProfileFigure[]>();
  for (const figure of figures) groups.set(key(figure), [...(groups.get(key(figure)) ?? []), figure]);
  return [...groups.values()];
}

/** An area can lie in those of a higher step: a ward in no middle layer area, nor the other way round. */
const STEPS: Record<string, number> = {
  oa: 1,
  lsoa: 2,
  msoa: 3,
  ward: 3,
  lad: 4,
  health: 4,
  county: 5,
  force: 5,
  region: 6,
  country: 7,
};

/** The areas it lies in, the smallest first: each once, though many years have it under one code. */
export function liesIn({ level, parents }: Profile["area"]): AreaName[] {
  const rank = (area: AreaName) => LEVELS_UPWARDS.indexOf(area.level);
  const newest = new Map<string, AreaName>();
  for (const parent of parents) {
    if ((STEPS[parent.level] ?? 0) <= (STEPS[level] ?? 99)) continue;
    const known = newest.get(`${parent.level}/${parent.code}`);
    if (!known || known.vintage < parent.vintage) newest.set(`${parent.level}/${parent.code}`, parent);
  }
  return [...newest.values()].toSorted((a, b) => rank(a) - rank(b));
}

/** Whose figures these are, where they are not the area's own; "" where they are, or differ. */
export function ofWhom(figures: ProfileFigure[]): string {
  const told = new Set(figures.map(({ area }) => (area ? whose(area) : "")));
  return told.size === 1 ? ([...told][0] ?? "") : "";
}

function whose(area: NonNullable<ProfileFigure["area"]>): string {
  if (area.relation === "same") return `by boundaries of ${area.vintage.replace(/^.*_/, "")}, the same here`;
  return `all of ${area.name} (${levelInWords(area.level).toLowerCase()}), not of this area alone`;
}

/** The doubt that all these figures share, as a sentence; "" where some are free of it. */
export function sharedDoubt(figures: ProfileFigure[]): string {
  const [first] = figures;
  if (!first?.reason || first.value === null) return "";
  const same = figures.every(({ reason, value }) => reason === first.reason && value !== null);
  return same ? `${statusInWords(first)}: ${reasonInWords(first.reason)}` : "";
}
