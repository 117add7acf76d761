import { alertBody, alertChanges, type AlertRow, conditionsOf, deliveriesMax, lagLimitMs } from "../jobs/alerts.ts";
import { backOff, type JobState } from "../jobs/job-plan.ts";
import type { Env } from "./env.ts";
import { JobStore } from "./job-store.ts";
import type { ProjectState } from "./rollup-store.ts";
import { hmacHex } from "./secrets.ts";

/** The hook has so long to answer. */
const hookMsMax = 10_000;
/** Alerts that one tick delivers. */
const deliveriesPerTickMax = 10;

/** Where alerts go. */
interface Hook {
  readonly url: string;
  readonly secret: string;
}

/** Raises, delivers and ends alerts. Without a configured hook there are none. */
export async function tickAlerts(
  env: Env,
  projects: readonly ProjectState[],
  states: readonly JobState[],
  nowMs: number,
): Promise<void> {
  const hook = hookOf(env);
  if (hook === null) return;
  const store = new JobStore(env.DB);
  const known = await store.alerts();
  const conditions = conditionsOf(projects, states, nowMs, lagLimitMs(env.ALERT_LAG_SECONDS));
  const { raised, ended } = alertChanges(conditions, known, nowMs);
  await store.raise(raised, nowMs);
  await store.end(ended);
  const alerts = raised.length + ended.length === 0 ? known : await store.alerts();
  const due = alerts.filter(({ sentMs, nextMs, tries }) => sentMs === null && nextMs <= nowMs && tries < deliveriesMax);
  for (const alert of due.slice(0, deliveriesPerTickMax)) {
    if (!(await store.takeAlert(alert, nowMs + backOff(alert.tries + 1)))) continue;
    if (await isDelivered(hook, alert, nowMs)) await store.alertSent(alert, nowMs);
  }
}

/** The hook, if it is one: an https URL (http when everything runs on one machine), and a secret to sign with. */
function hookOf({ ALERT_URL: url, ALERT_SECRET: secret, LOCAL }: Env): Hook | null {
  if (url === undefined || url === "") return null;
  const isUrl = URL.canParse(url) && (url.startsWith("https://") || (LOCAL === "1" && url.startsWith("http://")));
  if (isUrl && secret !== undefined && secret !== "") return { url, secret };
  console.error("ALERT_URL must be an https URL, and ALERT_SECRET must be set: no alerts are sent");
  return null;
}

/** Sends one alert; the signature covers time and body, so that neither can be changed or used again later. */
async function isDelivered({ url, secret }: Hook, alert: AlertRow, nowMs: number): Promise<boolean> {
  const body = alertBody(alert);
  const timestamp = String(Math.floor(nowMs / 1000));
  const headers = {
    "content-type": "application/json",
    "sluice-timestamp": timestamp,
    "sluice-signature": `v1=${await hmacHex(secret, `${timestamp}.${body}`)}`,
  };
  try {
    // A redirect could lead the alert elsewhere, so none is followed.
    const signal = AbortSignal.timeout(hookMsMax);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    await response.body?.cancel();
    if (response.ok) return true;
    console.error(JSON.stringify({ message: "the alert hook refused", status: response.status, id: alert.id }));
  } catch (error) {
    console.error(JSON.stringify({ message: "the alert hook did not answer", id: alert.id, error: String(error) }));
  }
  return false;
}
