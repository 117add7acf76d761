/*
 * `npm run bench -- cost`: what the pipeline costs a month, at four volumes. It records what the deployed Workers with
 * their deployed settings are billed for on workerd (an hour of virtual time a volume), divides that by how often each
 * step happened, and multiplies by how often it happens in a month, which the production code's own plan modules
 * decide. See docs/cost.md.
 */
import { measureStages } from "./pipeline/stages.ts";
import type { Settings } from "./cost/activity.ts";
import { coefficientsOf } from "./cost/coefficients.ts";
import { simulateMonth, simulateWindow } from "./cost/month.ts";
import { record, type Recording, warmUpMinutes } from "./cost/recording.ts";
import { type PricedMonth, printCoefficients, printCosts, printRecordings, printTotals } from "./cost/report.ts";
import { deployedSettings } from "./cost/settings.ts";
import { eventsPerRequest } from "./cost/traffic.ts";
import { usageOf } from "./cost/usage.ts";

const volumes = [0.1e6, 1e6, 30e6, 100e6] as const;
const minutes = 60;
/** Events for the measurement of CPU time by stage. */
const stageEvents = 150_000;

if (process.platform !== "linux") console.log("CPU time is read from /proc, which only Linux has: it is shown as NaN.");
const settings = deployedSettings();
const recordings: Recording[] = [];
for (const volume of volumes) {
  console.error(`recording ${minutes} minutes of ${volume / 1e6} million events a month…`);
  recordings.push(await record(volume, minutes, settings.cronsPerMonth));
}
console.error("measuring CPU time…");
const stages = await measureStages(eventsPerRequest, stageEvents);
const per = coefficientsOf(recordings);
const [quietest] = recordings;
const cpu = { ...stages, idleMinute: ((quietest?.cpuMs ?? Number.NaN) * 1000) / minutes };
const windows = volumes.map((volume) => simulateWindow(volume, settings, per.sizes, { warmUpMinutes, minutes }));
printRecordings(recordings, windows);
printCoefficients(per, cpu);
printCosts(monthsWith(settings));
printTotals("somebody asked for the numbers day and night", monthsWith({ ...settings, isAskedFor: true }));
printTotals(
  "roll-ups paused for a quarter of an hour, and somebody asked day and night",
  monthsWith({ ...settings, isAskedFor: true, rollupMs: 900_000 }),
);
printTotals("roll-ups did not pause", monthsWith({ ...settings, rollupMs: 0 }));

function monthsWith(some: Settings): readonly PricedMonth[] {
  return volumes.map((volume) => {
    const activity = simulateMonth(volume, some, per.sizes);
    return { volume, activity, usage: usageOf(activity, per, cpu, some) };
  });
}
