/** The questions the page asks of the service, and how a refusal is told. */
import { nameOf, type AreaRef, type Corner } from "./address.ts";
import type { HotspotAnswer, HotspotQuestion } from "./hotspots/answers.ts";
import { drawnWanted, type OwnWanted } from "./own.ts";
import type {
  AreaCollection,
  AreaName,
  Catalogue,
  Comparison,
  FigureSet,
  Indicator,
  Place,
  Profile,
  Vintage,
} from "./shapes.ts";
import { sentenceCase } from "./words.ts";

/** A refusal in words a person can act on, as the service states it (`application/problem+json`). */
export class Problem extends Error {
  readonly title: string;
  readonly status: number;
  readonly remedy: string;

  constructor(title: string, status: number, detail: string, remedy: string) {
    super(detail);
    this.name = "Problem";
    this.title = title;
    this.status = status;
    this.remedy = remedy;
  }
}

export interface FiguresQuestion {
  indicator: string;
  category: string | null;
  vintage: string;
  period: string;
  within: string | null;
}

/** The most figures the service gives in one answer. */
const MOST_FIGURES = 100_000;

export async function askCatalogue(): Promise<Catalogue> {
  const [places, vintages, indicators] = await Promise.all([
    ask<{ places: Place[] }>("/places"),
    ask<{ vintages: Vintage[] }>("/vintages"),
    ask<{ indicators: Indicator[] }>("/indicators"),
  ]);
  return { ...places, ...vintages, ...indicators };
}

/** Geometry of a vintage, generalised for a zoom. Values are asked for apart and joined by code. */
export function askAreas(vintage: string, within: string | null, zoom: number): Promise<AreaCollection> {
  return ask(`/areas/${encodeURIComponent(vintage)}.geojson?${query({ within, zoom: String(zoom) })}`);
}

/** All figures asked for; an answer in several parts is read to its end, never cut. */
export async function askFigures(question: FiguresQuestion, signal: AbortSignal): Promise<FigureSet> {
  const answer = await ask<FigureSet>(figuresAddress(question, "json"), signal);
  let next = answer.next;
  while (next !== null && next.startsWith("/")) {
    const further = await ask<FigureSet>(next, signal);
    answer.figures.push(...further.figures);
    next = further.next;
  }
  return { ...answer, next };
}

/** Where the same figures can be had as a file. */
export function figuresAddress(question: FiguresQuestion, format: "json" | "csv" | "geojson"): string {
  const { indicator, category, vintage, period, within } = question;
  const asked = { vintage, period, category, within, format, limit: String(MOST_FIGURES) };
  return `/indicators/${encodeURIComponent(indicator)}/figures?${query(asked)}`;
}

export function profileAddress(vintage: string, code: string): string {
  return `/profiles/${encodeURIComponent(vintage)}/${encodeURIComponent(code)}`;
}

export type DocumentFormat = "html" | "pdf" | "xlsx" | "json";

/** Where a profile can be had as a document. */
export const documentAddress = (profile: string, format: DocumentFormat): string =>
  `${profile}?format=${format}`;

/** All small areas of a ward in one document. */
export const packAddress = ({ vintage, code }: AreaRef): string =>
  `/packs/${encodeURIComponent(vintage)}/${encodeURIComponent(code)}`;

/** The page of an indicator: definition, method, source, example. */
export const indicatorAddress = (indicator: string): string => `/indicators/${encodeURIComponent(indicator)}`;

export const ownAddress = (token: string): string => `/profiles/own/${encodeURIComponent(token)}`;

export function askOwn(token: string, signal: AbortSignal): Promise<Profile> {
  return ask(ownAddress(token), signal);
}

/** Makes a neighbourhood of one's own; what comes back names its address. */
export async function makeOwn(wanted: OwnWanted): Promise<{ token: string; profile: Profile }> {
  const response = await reach("/profiles", undefined, wanted);
  if (!response.ok) throw await problemIn(response);
  const profile = (await response.json()) as Profile;
  const token = (response.headers.get("location") ?? "").split("/").at(-1) ?? "";
  return { token: decodeURIComponent(token) || profile.area.code, profile };
}

export function askComparison(areas: AreaRef[], signal: AbortSignal): Promise<Comparison> {
  return ask(comparisonAddress(areas), signal);
}

export const comparisonAddress = (areas: AreaRef[]): string =>
  `/compare?${query({ areas: areas.map(nameOf).join(",") })}`;

/** Where a hotspot question is answered; `format` asks for it as a file. */
export function hotspotAddress(question: HotspotQuestion, format: string | null = null): string {
  const { method, ...asked } = question;
  return `/hotspots/${encodeURIComponent(method)}?${query({ ...asked, format })}`;
}

/** A question of a place that is named, or of the ground inside corners that were drawn. */
export async function askHotspots(
  question: HotspotQuestion,
  polygon: Corner[] | null,
  format: "geojson" | "json",
  signal: AbortSignal,
): Promise<HotspotAnswer> {
  if (polygon === null) return ask(hotspotAddress(question, format), signal);
  const response = await reach(hotspotAddress(question, format), signal, drawnWanted(polygon));
  if (!response.ok) throw await problemIn(response);
  return (await response.json()) as HotspotAnswer;
}

/** The same as a file, for an area that is drawn: it has no address that a link could name. */
export async function askHotspotFile(
  question: HotspotQuestion,
  polygon: Corner[],
  format: string,
): Promise<Blob> {
  const response = await reach(hotspotAddress(question, format), undefined, drawnWanted(polygon));
  if (!response.ok) throw await problemIn(response);
  return response.blob();
}

export function askProfile(vintage: string, code: string, signal: AbortSignal): Promise<Profile> {
  return ask(profileAddress(vintage, code), signal);
}

export async function searchAreas(
  text: string,
  vintage: string,
  within: string | null,
  signal: AbortSignal,
): Promise<AreaName[]> {
  const asked = query({ vintage, q: text, within, limit: "8" });
  return (await ask<{ areas: AreaName[] }>(`/areas?${asked}`, signal)).areas;
}

/** Parameters of a request, leaving out what was not asked; slashes stay readable. */
function query(parameters: Record<string, string | null>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== null);
  return new URLSearchParams(given).toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
}

export async function ask<Answer>(address: string, signal?: AbortSignal): Promise<Answer> {
  const response = await reach(address, signal);
  if (!response.ok) throw await problemIn(response);
  return (await response.json()) as Answer;
}

async function reach(address: string, signal?: AbortSignal, sent?: unknown): Promise<Response> {
  const headers = { accept: "application/json, application/geo+json" };
  try {
    if (sent === undefined) return await fetch(address, { headers, ...(signal && { signal }) });
    return await fetch(address, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(sent),
      ...(signal && { signal }),
    });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new Problem(
      "The service cannot be reached",
      0,
      "No answer came from the LRIS service that serves this page.",
      "Check that it is still running (`make run` or `lris up`) and that you are connected to it, then try again.",
    );
  }
}

async function problemIn(response: Response): Promise<Problem> {
  const told = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const words = (key: string, otherwise: string): string =>
    typeof told[key] === "string" && told[key] !== "" ? told[key] : otherwise;
  return new Problem(
    words("title", "The service could not answer"),
    response.status,
    sentence(words("detail", `It answered ${response.status} ${response.statusText}.`)),
    sentence(words("remedy", "Try again; if it stays, tell whoever runs this service what you asked for.")),
  );
}

/** What stands in the middle of a line elsewhere, as a sentence of its own; a name such as `crime_rate` stays as it is. */
function sentence(text: string): string {
  const ended = /[.!?…]$/.test(text) ? text : `${text}.`;
  return /^[a-z\d]+_/.test(ended) ? ended : sentenceCase(ended);
}

/** Any failure as something to show: what the service refused, or a fault of the page itself. */
export function asProblem(failure: unknown): Problem {
  if (failure instanceof Problem) return failure;
  console.error(failure);
  return new Problem(
    "This page failed",
    0,
    String(failure),
    "Reload the page; if it stays, tell whoever runs this service what you did.",
  );
}
