import { type IngestHost, parseHosts } from "../hosts.ts";
import { bodySecondsDefault, logSampleDefault } from "../limits.ts";
import type { Env } from "./env.ts";

/** The variables of the Worker, read once by isolate. */
export interface EdgeSettings {
  readonly hosts: readonly IngestHost[];
  readonly proxySecrets: readonly string[];
  readonly bodyMsMax: number;
  /** Share of requests that leave a log line, 0 to 1. */
  readonly logSample: number;
  readonly isBrakeOn: boolean;
}

/** Reads the variables; what is missing or no sense means its default. */
export function settingsOf(env: Env): EdgeSettings {
  const hosts = parseHosts(env.INGEST_HOSTS ?? "");
  const bodySeconds = Number(env.BODY_SECONDS);
  const logSample = env.LOG_SAMPLE === undefined || env.LOG_SAMPLE === "" ? Number.NaN : Number(env.LOG_SAMPLE);
  const mode = env.BRAKE_MODE ?? "";
  return {
    hosts: hosts.length > 0 ? hosts : parseHosts(env.INGEST_URL ?? ""),
    proxySecrets: (env.PROXY_SECRETS ?? "")
      .split(",")
      .map((secret) => secret.trim())
      .filter((secret) => secret !== ""),
    bodyMsMax: (bodySeconds > 0 ? bodySeconds : bodySecondsDefault) * 1000,
    logSample: logSample >= 0 && logSample <= 1 ? logSample : logSampleDefault,
    // Locally all visitors of a demo come from one address.
    isBrakeOn: mode === "on" || (mode !== "off" && env.LOCAL !== "1"),
  };
}
