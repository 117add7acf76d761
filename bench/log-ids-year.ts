/*
 * Counts what lies in the bucket after 400 days of steady traffic, and how many filters an id of an age asks there:
 * `node bench/log-ids-year.ts DAYS IDS_PER_DAY COOL_IDS`. It counts, and measures no time.
 */
import { coldYear } from "../queue-consumer/testing/cold-year.ts";

const [days = 400, idsPerDay = 20_000, coolIds = 100_000] = process.argv.slice(2).map(Number);
/** Share of the filters that say yes to an id that is not there (seen-filter.ts). */
const falsePositives = 0.008;

const { objects, pages, spanning } = coldYear({ days, idsPerDay, coolIds }, [2, 7, 30, 100, days - 1]);
console.log(`${days} days of ${idsPerDay} ids, objects of at least ${coolIds}: ${objects} objects, ${pages} pages`);
for (const { ageDays, mean, most } of spanning) {
  const reads = (mean * falsePositives).toFixed(2);
  console.log(
    `an id ${ageDays} days old asks ${mean.toFixed(1)} filters (${most} at most); a fresh one reads ${reads} pages`,
  );
}
