import type { Fields } from "@sluice/core";

/** Version and build of the app, as far as the app has told them. */
export interface Release {
  readonly version?: string;
  readonly build?: string;
}

/** An event of the app's life; names and properties are those of Segment's spec for mobile apps. */
export interface LifecycleEvent {
  readonly event: "Application Installed" | "Application Updated" | "Application Opened" | "Application Backgrounded";
  readonly properties: Fields;
}

/** Where the app is: started by the system without being seen yet, seen, or left. */
export type Phase = "launching" | "foreground" | "background";

/** The release that `context.app` names. */
export function releaseOf(context: Fields | undefined): Release {
  const { version, build } = (context?.["app"] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof version === "string" && { version }),
    ...(typeof build === "string" && { build }),
  };
}

/** What the first start of a release is: an installation, an update, or nothing new (`null`). */
export function releaseEvent(stored: string | undefined, release: Release): LifecycleEvent | null {
  const previous = parseRelease(stored);
  if (previous === null) return { event: "Application Installed", properties: { ...release } };
  if (previous.version === release.version && previous.build === release.build) return null;
  return {
    event: "Application Updated",
    properties: {
      ...release,
      ...(previous.version !== undefined && { previous_version: previous.version }),
      ...(previous.build !== undefined && { previous_build: previous.build }),
    },
  };
}

/** The phase at the start: iOS says `unknown` or `inactive` for an app that is about to be seen. */
export function firstPhase(state: string | null | undefined): Phase {
  return state === "background" ? "launching" : "foreground";
}

/** The phase after a change of `AppState`. `inactive` (a call comes in, the app switcher) leaves the app in the foreground. */
export function nextPhase(phase: Phase, state: string): Phase {
  if (state === "active") return "foreground";
  return state === "background" && phase === "foreground" ? "background" : phase;
}

/** The event that a change of phase is. */
export function phaseEvent(before: Phase, after: Phase, release: Release): LifecycleEvent | null {
  if (before === after) return null;
  if (after === "background") return { event: "Application Backgrounded", properties: {} };
  return { event: "Application Opened", properties: { from_background: before === "background", ...release } };
}

function parseRelease(text: string | undefined): Release | null {
  try {
    return releaseOf({ app: JSON.parse(text ?? "") as unknown });
  } catch {
    return null; // nothing is stored yet
  }
}
