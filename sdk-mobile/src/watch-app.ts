import type { Fields } from "@sluice/core";
import { firstPhase, nextPhase, phaseEvent, type LifecycleEvent, releaseOf } from "./lifecycle.ts";
import { plainAddress } from "./links.ts";
import type { MobileOptions } from "./options.ts";
import type { MobileLinking } from "./ports.ts";
import { now, setTimer } from "./shell/platform.ts";

/** Longest wait for the link that launched the app, ms; React Native never answers in some debuggers. */
const launchLinkMsMax = 1000;

/** Whom changes of the app's state are told. */
interface AppListener {
  readonly record: (event: Fields, calledMs: number) => void;
  /** The app is being left: there are a few seconds to send. */
  readonly left: () => void;
  readonly back: () => void;
}

/** Watches the app's state, and makes its lifecycle events where they are wanted. Returns what ends it. */
export function watchApp({ appState, linking, lifecycleEvents, context }: MobileOptions, to: AppListener): () => void {
  if (appState === undefined) return () => undefined;
  const release = releaseOf(context);
  const tell = (event: LifecycleEvent | null): void => {
    if (lifecycleEvents && event !== null) to.record({ ...event }, now());
  };
  let phase = firstPhase(appState.currentState);
  if (lifecycleEvents && phase === "foreground") {
    const launchedMs = now();
    const launched = phaseEvent("launching", phase, release);
    const opened = (url: Fields): void => {
      to.record({ ...launched, properties: { ...launched?.properties, ...url } }, launchedMs);
    };
    if (linking === undefined) opened({});
    else void launchLink(linking).then(opened);
  }
  const subscription = appState.addEventListener("change", (state) => {
    const before = phase;
    phase = nextPhase(phase, state);
    tell(phaseEvent(before, phase, release));
    if (state === "active") to.back();
    else to.left();
  });
  return () => subscription.remove();
}

/** The address of the link that launched the app, as a property; none where there is none or it comes too late. */
async function launchLink(linking: MobileLinking): Promise<Fields> {
  const tooLate = new Promise<null>((resolve) => void setTimer(() => resolve(null), launchLinkMsMax));
  try {
    const url = await Promise.race([linking.getInitialURL(), tooLate]);
    return url === null ? {} : { url: plainAddress(url) };
  } catch {
    return {}; // the module is not there on this platform
  }
}
