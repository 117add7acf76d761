// The ingest Worker, counted.
import "./clock.js";
import worker from "../../../worker/src/index.ts";
import { countedBucket, countedDatabase, countedQueue, report, within } from "./count.js";

const counted = (env) => ({
  ...env,
  EVENTS: countedQueue(env.EVENTS),
  LAKE: countedBucket(env.LAKE),
  DB: countedDatabase(env.DB),
});

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/counts") return report();
    return within("edge fetch", () => worker.fetch(request, counted(env), context));
  },
  scheduled(event, env) {
    return within("edge cron", () => worker.scheduled(event, counted(env)));
  },
};
