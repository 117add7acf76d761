import { fail, field, isName, isObject, type Json, type JsonObject, ok, type Result } from "@sluice/schema";
import { invalid, type Problem } from "../problem.ts";
import { campaignProperties } from "./campaign-table.ts";
import type { EventName } from "./event-name.ts";
import { exposureEvent } from "./experiment.ts";
import type { Funnel } from "./funnel.ts";
import type { KeptProperties } from "./step.ts";

/** Steps of a funnel at most. */
const funnelStepsMax = 10;
/** Hours that a funnel's window may have: 90 days. */
const windowHoursMax = 90 * 24;
/** Hours of the window of a funnel that states none: a week. */
const windowHoursDefault = 7 * 24;
/** Characters of an event's or a property's name. */
const nameLengthMax = 200;

/** A funnel with its name. */
export interface NamedFunnel {
  readonly name: string;
  readonly funnel: Funnel;
}

/**
 * Reads the declaration of a funnel: `{"funnel": "checkout", "steps": ["page:/pricing", "event:Order Completed"],
 * "windowHours": 24, "breakdown": "plan"}`.
 */
export function funnelDeclaration(body: JsonObject): Result<NamedFunnel, Problem> {
  const name = field(body, "funnel");
  if (typeof name !== "string" || !isName(name)) {
    return fail(invalid("funnel", "funnel must be 1 to 40 of a–z, 0–9 and -, not starting with -."));
  }
  const texts = field(body, "steps");
  const steps = Array.isArray(texts) ? (texts as readonly Json[]).map((text) => eventName(text)) : [];
  if (steps.length < 2 || steps.length > funnelStepsMax || steps.includes(null)) {
    return fail(invalid("steps", `steps must be 2 to ${funnelStepsMax} texts, each ${eventNameRule}`));
  }
  const hours = field(body, "windowHours") ?? windowHoursDefault;
  if (typeof hours !== "number" || !Number.isInteger(hours) || hours < 1 || hours > windowHoursMax) {
    return fail(invalid("windowHours", `windowHours must be a whole number from 1 to ${windowHoursMax}.`));
  }
  const breakdown = field(body, "breakdown") ?? null;
  if (breakdown !== null && (typeof breakdown !== "string" || !/^[\w .-]{1,100}$/.test(breakdown))) {
    return fail(
      invalid("breakdown", "breakdown must name a property of the first step: letters, digits, space and _.-"),
    );
  }
  if (breakdown !== null && steps[0]?.type !== "track") {
    return fail(invalid("breakdown", "breakdown needs a first step that is a track event (event:…)."));
  }
  const known = steps.filter((step) => step !== null);
  return ok({ name, funnel: { steps: known, windowMs: hours * 3_600_000, breakdown } });
}

/** How {@link eventName} wants it. */
export const eventNameRule = `event:NAME, page:PATH or screen:NAME, of at most ${nameLengthMax} characters.`;

/** Reads `event:Signed Up`, `page:/pricing` or `screen:Home`; `null` for anything else. */
export function eventName(text: Json | undefined): EventName | null {
  const match = typeof text === "string" ? /^(event|page|screen):([^]+)$/.exec(text) : null;
  const name = match?.[2] ?? "";
  if (match === null || name.length > nameLengthMax) return null;
  const kind = match[1];
  return { type: kind === "page" || kind === "screen" ? kind : "track", name };
}

/** Writes what {@link eventName} reads. */
export function eventNameText({ type, name }: EventName): string {
  return `${type === "track" ? "event" : type}:${name}`;
}

/** A funnel as its row stores it. */
export function funnelText(funnel: Funnel): string {
  const { steps, windowMs, breakdown } = funnel;
  return JSON.stringify({ steps: steps.map(eventNameText), windowMs, breakdown });
}

/** Reads {@link funnelText}. */
export function parseFunnel(text: string): Funnel {
  const value = JSON.parse(text) as Json;
  const steps = isObject(value) ? field(value, "steps") : null;
  const windowMs = isObject(value) ? field(value, "windowMs") : null;
  const breakdown = isObject(value) ? field(value, "breakdown") : null;
  if (!Array.isArray(steps) || typeof windowMs !== "number") throw new Error("a funnel's row cannot be read");
  const names = (steps as readonly Json[]).flatMap((step) => eventName(step) ?? []);
  return { steps: names, windowMs, breakdown: typeof breakdown === "string" ? breakdown : null };
}

/** The properties that steps keep: those of exposures and of campaigns, and the breakdowns of a project's funnels. */
export function keptProperties(funnels: readonly Funnel[]): KeptProperties {
  const kept = new Map<string, readonly string[]>([
    [exposureEvent, ["experiment_id", "variation_id"]],
    ...campaignProperties,
  ]);
  for (const { steps, breakdown } of funnels) {
    const [first] = steps;
    if (breakdown === null || first === undefined) continue;
    const names = kept.get(first.name) ?? [];
    if (!names.includes(breakdown)) kept.set(first.name, [...names, breakdown].sort());
  }
  return kept;
}
