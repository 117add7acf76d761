// The consumer Worker with one more path, which publishes a log and nothing else: GET /publish?log=NAME.
import worker from "../../queue-consumer/src/index.ts";

export { ShardLog } from "../../queue-consumer/src/index.ts";

export default {
  ...worker,
  async fetch(request, env, context) {
    const url = new URL(request.url);
    if (url.pathname !== "/publish") return worker.fetch(request, env, context);
    const log = env.SHARD_LOG.getByName(url.searchParams.get("log"));
    let status = await log.flush();
    while (status.pendingRows > 0) status = await log.flush(); // each call has a time limit of its own
    return Response.json(status);
  },
};
