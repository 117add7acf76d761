/*
 * A consumer of replays, as somebody who moves events elsewhere would write one: it keeps each message under a name that it has in
 * every delivery. Run by test/ledger.test.ts.
 */
export default {
  async queue(batch, env) {
    for (const message of batch.messages) {
      const { key, etag, firstRow } = JSON.parse(message.body);
      await env.LAKE.put(`replayed/${key}/${etag}/${firstRow}`, message.body);
      message.ack();
    }
  },
};
