import type { Columns, RowOf } from "@sluice/lake";
import { compareSteps, type Step } from "./step.ts";

/** A session ends when its device pauses for longer than this. */
export const idleMsMax = 30 * 60_000;

/**
 * A session holds the steps of its first 24 hours. A device that never pauses starts no second one: its later steps
 * are in no session. Hence the sessions of a day follow from that day, its predecessor's last half hour and its successor.
 */
export const sessionMsMax = 24 * 3_600_000;

/** Columns of the mart `session`: one row per session, in the UTC day of its start. */
export const sessionColumns = [
  { name: "anonymous_id", type: "string", nullable: false, about: "The device" },
  { name: "user_id", type: "string", nullable: true, about: "The user as the first step stated it" },
  { name: "start_time", type: "timestamp", nullable: false, about: "Time of its first step" },
  { name: "end_time", type: "timestamp", nullable: false, about: "Time of its last step" },
  { name: "message_id", type: "string", nullable: false, about: "Id of its first step" },
  { name: "events", type: "int32", nullable: false, about: "Its track, page and screen events" },
  { name: "pages", type: "int32", nullable: false, about: "Its page and screen events" },
  {
    name: "is_bounce",
    type: "boolean",
    nullable: false,
    about: "Whether it is one page or screen event and nothing else",
  },
  { name: "page_ms", type: "int64", nullable: false, about: "Time from its first to its last page or screen, ms" },
  { name: "entry_page", type: "string", nullable: true, about: "First page or screen: its path, else its name" },
  { name: "exit_page", type: "string", nullable: true, about: "Last one, likewise" },
  { name: "campaign_source", type: "string", nullable: true, about: "Of its first step" },
  { name: "campaign_medium", type: "string", nullable: true, about: "Likewise" },
  { name: "campaign_name", type: "string", nullable: true, about: "Likewise" },
  { name: "referrer_host", type: "string", nullable: true, about: "Likewise" },
  {
    name: "is_touch",
    type: "boolean",
    nullable: false,
    about: "Whether it began with a campaign or with the referrer of another host: a touch of attribution",
  },
] as const satisfies Columns;

/** One row of the mart `session`. */
export type Session = RowOf<typeof sessionColumns>;

/** Whether a step can be in a session: server events are in none, nor are those without a device. */
export function isOnDevice(step: Step): step is DeviceStep {
  return step.anonymous_id !== null && step.key_kind === "public";
}

/** A step that a device made. */
export type DeviceStep = Step & { readonly anonymous_id: string };

/**
 * Cuts the steps of one device, in any order, into sessions, each in total order. A step begins a session if none
 * precedes it by at most 30 minutes, or if it and its predecessor state different sessions. The first step given begins
 * one too, so give those of the half hour before the first session that matters.
 */
export function sessionRuns(steps: readonly DeviceStep[]): DeviceStep[][] {
  const runs: DeviceStep[][] = [];
  let run: DeviceStep[] = [];
  let previous: DeviceStep | null = null;
  for (const step of steps.toSorted(compareSteps)) {
    if (previous === null || begins(step, previous)) {
      run = [step];
      runs.push(run);
    } else if (step.time - (run[0]?.time ?? 0) < sessionMsMax) {
      run.push(step);
    }
    previous = step;
  }
  return runs;
}

/** What the mart says of a session. `run` holds its steps in total order and is not empty. */
export function sessionOf(run: readonly DeviceStep[]): Session {
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined) throw new Error("a session without steps");
  const pages = run.filter((step) => step.type !== "track");
  const entry = pages[0];
  const exit = pages.at(-1);
  const { campaign_source, campaign_medium, campaign_name, referrer_host } = first;
  const hasCampaign = campaign_source !== null || campaign_medium !== null || campaign_name !== null;
  return {
    anonymous_id: first.anonymous_id,
    user_id: first.user_id,
    start_time: first.time,
    end_time: last.time,
    message_id: first.message_id,
    events: run.length,
    pages: pages.length,
    is_bounce: run.length === 1 && pages.length === 1,
    page_ms: (exit?.time ?? 0) - (entry?.time ?? 0),
    entry_page: entry === undefined ? null : pageOf(entry),
    exit_page: exit === undefined ? null : pageOf(exit),
    campaign_source,
    campaign_medium,
    campaign_name,
    referrer_host,
    is_touch: hasCampaign || referrer_host !== null,
  };
}

/** What a page or screen is called: its path, else its name. */
export function pageOf(step: Step): string | null {
  return step.page_path ?? step.name;
}

function begins(step: Step, previous: Step): boolean {
  if (step.time - previous.time > idleMsMax) return true;
  return step.session_id !== null && previous.session_id !== null && step.session_id !== previous.session_id;
}
