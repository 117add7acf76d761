// The analytics Worker, counted.
import "./clock.js";
import worker from "../../../analytics/src/index.ts";
import { countedBucket, countedDatabase, report, within } from "./count.js";

const counted = (env) => ({ ...env, LAKE: countedBucket(env.LAKE), DB: countedDatabase(env.DB) });

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/counts") return report();
    return within("analytics fetch", () => worker.fetch(request, counted(env), context));
  },
  scheduled(event, env) {
    return within("analytics cron", () => worker.scheduled(event, counted(env)));
  },
};
