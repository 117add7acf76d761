import { EventTable } from "@sluice/lake";
import { envelopeOf, isObject, type Receipt } from "@sluice/schema";
import { eventOrder } from "../../lake/src/order.ts";
import { encodeColumns } from "../../lake/src/write-table.ts";
import { openBody } from "../../queue-consumer/src/consume/decode-message.ts";

/** CPU of publication's stages in Node, where a clock runs while code does, in µs per event. */
export interface PublishStages {
  /** Gunzip and parse bodies. */
  readonly open: number;
  /** Make rows. */
  readonly derive: number;
  readonly sort: number;
  /** Lay columns out as Parquet and compress them. */
  readonly encode: number;
}

const rounds = 7;
/** Events of one part. */
const partEventsMax = 20_000;

/** Measures the code that the log publishes by: medians of rounds, garbage collection included. */
export function measureStages(gzips: readonly Uint8Array[], receiptOf: (index: number) => Receipt): PublishStages {
  const samples: PublishStages[] = [];
  for (let round = -3; round < rounds; round++) {
    const stages = measureOnce(gzips, receiptOf);
    if (round >= 0) samples.push(stages);
  }
  const median = (stage: keyof PublishStages): number =>
    samples.map((sample) => sample[stage]).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  return { open: median("open"), derive: median("derive"), sort: median("sort"), encode: median("encode") };
}

function measureOnce(gzips: readonly Uint8Array[], receiptOf: (index: number) => Receipt): PublishStages {
  const table = new EventTable();
  let open = 0;
  let derive = 0;
  for (const [i, gzip] of gzips.entries()) {
    if (table.length >= partEventsMax) break;
    const receipt = receiptOf(i);
    const [body, openUs] = timed(() => openBody(gzip));
    if (!body.ok) throw new Error(body.error);
    const [, deriveUs] = timed(() => {
      envelopeOf(body.value.json).events.forEach((event, index) => {
        if (!isObject(event)) throw new Error("traffic is of objects");
        table.add(event, receipt, index);
      });
    });
    open += openUs;
    derive += deriveUs;
  }
  const [columns, sort] = timed(() => table.sorted());
  const [, encode] = timed(() => encodeColumns(columns, table.length, { sortedBy: eventOrder }));
  const perEvent = (us: number): number => us / table.length;
  return { open: perEvent(open), derive: perEvent(derive), sort: perEvent(sort), encode: perEvent(encode) };
}

function timed<Made>(work: () => Made): readonly [Made, number] {
  const start = process.cpuUsage();
  const made = work();
  const { user, system } = process.cpuUsage(start);
  return [made, user + system];
}
