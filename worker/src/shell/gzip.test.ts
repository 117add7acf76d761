import { crc32, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { gunzipBounded, gzip } from "./gzip.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const outcome = (gzipped: Uint8Array, bytesMax = 1000): string => {
  const result = gunzipBounded(gzipped, bytesMax);
  return result.ok ? new TextDecoder().decode(result.value) : result.error;
};

/** A member with every optional header field: extra, name, comment and header checksum. */
function decorated(text: string): Uint8Array {
  const plain = new Uint8Array(gzipSync(bytes(text)));
  const header = plain.slice(0, 10);
  header[3] = 0b11110;
  const fields = joined(header, new Uint8Array([2, 0, 9, 9]), bytes("file.json\0"), bytes("comment\0"));
  const checksum = crc32(fields);
  return joined(fields, new Uint8Array([checksum & 0xff, (checksum >> 8) & 0xff]), plain.slice(10));
}

test("W2: whole members are read, those with optional header fields too", () => {
  expect(outcome(gzip(bytes("[1]")))).toBe("[1]");
  expect(outcome(new Uint8Array(gzipSync(bytes("[1]"), { level: 9 })))).toBe("[1]");
  expect(outcome(decorated("[2]"))).toBe("[2]");
  expect(outcome(gzip(new Uint8Array(0)))).toBe("");
});

test("W8: inflating stops at the limit, whatever the trailer claims", () => {
  const bomb = gzip(new Uint8Array(5_000_000));
  expect(outcome(gzip(new Uint8Array(1000)), 1000)).toHaveLength(1000);
  expect(outcome(gzip(new Uint8Array(1001)), 1000)).toBe("request_too_large");
  expect(outcome(bomb)).toBe("request_too_large");
  const lying = bomb.slice();
  new DataView(lying.buffer).setUint32(lying.length - 4, 3, true);
  expect(outcome(lying)).toBe("request_too_large");
});

test("W9: trailing bytes, further members, cut and damaged members are refused", () => {
  const [one, two, none] = [gzip(bytes('{"a":1}')), gzip(bytes('{"b":1}')), gzip(new Uint8Array(0))];
  const damaged = one.slice();
  damaged[damaged.length - 8] = (damaged[damaged.length - 8] ?? 0) ^ 1;
  const odd = decorated("[2]");
  const broken: Record<string, Uint8Array> = {
    "two members": joined(one, two),
    "an empty member first": joined(none, one),
    "trailing zeros": joined(one, new Uint8Array(4)),
    "trailing zeros and the trailer again": joined(one, new Uint8Array(4), one.slice(-8)),
    "trailing zeros and the length again": joined(one, new Uint8Array(1), one.slice(-4)),
    "an empty member behind": joined(one, none),
    "an empty member behind zeros": joined(one, new Uint8Array(2), none),
    "trailing text": joined(one, bytes("zzzz")),
    "the trailer again": joined(one, one.slice(-8)),
    "half a second member": joined(one, two.slice(0, 6)),
    "cut in the trailer": one.slice(0, -3),
    "cut in the stream": one.slice(0, 14),
    "magic only": one.slice(0, 2),
    "a wrong checksum": damaged,
    "reserved flags": Uint8Array.from(one, (byte, i) => (i === 3 ? 0xe0 : byte)),
    "a wrong header checksum": Uint8Array.from(odd, (byte, i) => (i === 4 ? byte ^ 1 : byte)),
    "a name without end": Uint8Array.from(one, (byte, i) => (i === 3 ? 8 : byte === 0 ? 1 : byte)),
    "another method": Uint8Array.from(one, (byte, i) => (i === 2 ? 7 : byte)),
  };
  for (const [name, gzipped] of Object.entries(broken)) expect(outcome(gzipped), name).toBe("invalid_gzip");
});

test("W47: a member that only looks like several is read, and one that only looks like one is not", () => {
  const looks = {
    "a second member": Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 3, 0),
    "a length": Uint8Array.of(9, 0, 0, 0, 1, 0, 0, 0, 0),
  };
  for (const [name, content] of Object.entries(looks)) {
    // Stored, not compressed: the content stands in the member as it is.
    const member = new Uint8Array(gzipSync(content, { level: 0 }));
    expect(Buffer.from(member).includes(Buffer.from(content)), name).toBe(true);
    expect(gunzipBounded(member, 1000), name).toEqual({ ok: true, value: Buffer.from(content) });
    expect(outcome(joined(member, new Uint8Array(1), member.slice(-4))), name).toBe("invalid_gzip");
    expect(outcome(joined(gzip(new Uint8Array(0)), member)), name).toBe("invalid_gzip");
  }
});
