/*
 * `npm run bench -- analytics`: what a roll-up and its answers cost beside DuckDB on one thread in the same run: the build of an
 * hour of a million events, a late event in a large day, the rows that a day leaves in D1, and KPIs over 90 and 365 days.
 */
import { printLateEvent, printMartBuild } from "./analytics/marts.ts";
import { printQuestions } from "./analytics/questions.ts";

await printMartBuild({ hours: 1, eventsPerHour: 1_000_000 });
await printLateEvent({ hours: 24, eventsPerHour: 20_000 });
await printQuestions({ days: 365, eventsPerDay: 1_000 });
