import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import type { HostileBody } from "./index.ts";

const json = '{"batch":[{"type":"page","userId":"u","messageId":"m-1"}]}';
const whole = gzipSync(json);

/** A header of ten bytes with these flags, what follows it, and the rest of the good member. */
function withHeader(flags: number, extra: readonly number[] | Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]), Buffer.from(extra), whole.subarray(10)]);
}

function changed(at: number, byte: number): Uint8Array {
  const copy = Buffer.from(whole);
  copy[at < 0 ? copy.length + at : at] = byte;
  return copy;
}

const refused = (name: string, body: Uint8Array, statuses: readonly number[] = [400]): HostileBody => ({
  name,
  body,
  statuses,
});

/** Parcels: bombs, broken and double members, headers with everything that RFC 1952 allows, and what only looks like gzip. */
export const hostileGzip: readonly HostileBody[] = [
  refused("a bomb of 100 MB of brackets", gzipSync(Buffer.alloc(100_000_000, "[")), [413]),
  refused("a bomb of 100 MB of zeros", gzipSync(Buffer.alloc(100_000_000)), [413]),
  refused("a bomb within a bomb", gzipSync(gzipSync(Buffer.alloc(50_000_000, " "))), [400]),
  refused("a bomb of 7 MB of objects", gzipSync(`{"batch":[${"{},".repeat(2_333_000)}{}]}`), [413]),
  refused("a bomb that stays below the ceiling", gzipSync(`{"batch":[${"{},".repeat(320_000)}{}]}`), [400, 413]),
  ...[1, 2, 3, 9, 10, 11, 18, whole.length - 9, whole.length - 8, whole.length - 1].map((length) =>
    refused(`cut after ${length} bytes`, whole.subarray(0, length)),
  ),
  refused("two members", Buffer.concat([whole, whole])),
  refused("an empty member first", Buffer.concat([gzipSync(""), whole])),
  refused("a thousand empty members", Buffer.concat([...Array.from({ length: 1000 }, () => gzipSync("")), whole])),
  refused("trailing zeros", Buffer.concat([whole, Buffer.alloc(512)])),
  refused("trailing text", Buffer.concat([whole, Buffer.from(json)])),
  refused("a wrong checksum", changed(-8, 0)),
  refused("a wrong length", changed(-1, 1)),
  refused("another method", changed(2, 7)),
  refused("reserved flags", changed(3, 0xe0)),
  refused("a broken stream", changed(11, 0xff)),
  refused("an extra field that never ends", withHeader(4, [0xff, 0xff])),
  refused("a name that never ends", Buffer.concat([withHeader(8, []).subarray(0, 10), Buffer.alloc(100_000, "n")])),
  refused("nothing in it", gzipSync("")),
  refused("white space in it", gzipSync(" ".repeat(1000))),
  refused("deflate with zlib's header", deflateSync(json)),
  refused("bare deflate", deflateRawSync(json)),
  refused("brotli", brotliCompressSync(json)),
  refused("zip", Buffer.from("PK\u0003\u0004")),
  refused("an extra field", withHeader(4, [2, 0, 1, 2]), [200]),
  refused("a name", withHeader(8, [...Buffer.from("../../etc/passwd"), 0]), [200]),
  refused("a comment", withHeader(16, [...Buffer.from("<script>"), 0]), [200]),
  refused("extra field, name and comment", withHeader(28, [1, 0, 7, 65, 0, 66, 0]), [200]),
];
