import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { birthOfMessageId } from "@sluice/schema";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FaultServer } from "../testing/fault-server.ts";
import { readCsv } from "./import/csv.ts";
import { eventOfRow, type RowRules } from "./import/event-of-row.ts";
import { readNdjson } from "./import/ndjson.ts";
import { readParquet } from "./import/parquet.ts";
import { progressLine } from "./import/progress-line.ts";
import type { Row } from "./import/row.ts";

let server: FaultServer;
let host: string;
let folder: string;
const writeKey = "shop.server.s1.abcdefghijklmnopqrstuv";

beforeEach(async () => {
  server = new FaultServer();
  host = await server.listen();
  folder = mkdtempSync(join(tmpdir(), "sluice-import-"));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runImport(
  args: readonly string[],
  environment: Record<string, string> = { SLUICE_WRITE_KEY: writeKey },
): Promise<Run> {
  const command = new URL("../dist/shell/sluice-import.js", import.meta.url).pathname;
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], ...environment };
    execFile(process.execPath, [command, ...args], { cwd: folder, env, timeout: 25_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const startMs = Date.UTC(2020, 5, 1);
const lineOf = (i: number): string =>
  JSON.stringify({
    type: "track",
    userId: `u${i % 10}`,
    event: "Old",
    timestamp: new Date(startMs + i * 60_000),
    properties: { i },
  });
const linesOf = (count: number): string => Array.from({ length: count }, (_, i) => `${lineOf(i)}\n`).join("");

test("SN30: an import of NDJSON delivers every row with its old time, unshifted, under an id of that time's hour", async () => {
  write("old.ndjson", linesOf(12_000));
  const { code, stdout, stderr } = await runImport(["old.ndjson", "--host", host]);
  expect({ code, stdout, stderr }).toMatchObject({
    code: 0,
    stdout: "12000 delivered, 0 rejected, 0 rows that are no event\n",
  });
  expect(stderr).toContain("100 %");
  expect(server.taken.size).toBe(12_000);
  for (const [i, event] of [...server.events]
    .sort((a, b) => (a["properties"] as { i: number }).i - (b["properties"] as { i: number }).i)
    .entries()) {
    expect(event["timestamp"]).toBe(new Date(startMs + i * 60_000).toISOString());
    expect(birthOfMessageId(event.messageId)).toBe(startMs + i * 60_000);
  }
  expect(server.requests.every(({ body }) => (body as { clockOffsetMs?: number }).clockOffsetMs === 0)).toBe(true);
});

test("SN31: an import that is run again sends only what was added; --fresh sends the same ids again", async () => {
  write("old.ndjson", linesOf(6000));
  await runImport(["old.ndjson", "--host", host]);
  const first = new Set(server.taken);
  const again = await runImport(["old.ndjson", "--host", host]);
  expect(again.stdout).toContain("6000 delivered");
  expect(server.requests.flatMap(({ body }) => body.batch)).toHaveLength(6000);
  appendFileSync(join(folder, "old.ndjson"), linesOf(10));
  await runImport(["old.ndjson", "--host", host]);
  expect(server.taken.size).toBe(6010); // equal rows in other places are other events
  const fresh = await runImport(["old.ndjson", "--host", host, "--fresh"]);
  expect(fresh.stdout).toContain("6010 delivered");
  expect(server.taken.size).toBe(6010);
  expect([...first].every((id) => server.taken.has(id))).toBe(true);
  write("old.ndjson", linesOf(3).replaceAll("Old", "Other"));
  const other = await runImport(["old.ndjson", "--host", host]);
  expect(other.stdout).toContain("3 delivered"); // another file under the same name
});

test("SN31: an import killed at any moment goes on behind its checkpoint, and in the end every row was delivered once", async () => {
  write("old.ndjson", linesOf(30_000));
  server.delayMs = () => 20;
  const command = new URL("../dist/shell/sluice-import.js", import.meta.url).pathname;
  const child = execFile(process.execPath, [command, "old.ndjson", "--host", host], {
    cwd: folder,
    env: { SLUICE_WRITE_KEY: writeKey },
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  while (!existsSync(join(folder, "old.ndjson.sluice-import.json")))
    await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill("SIGKILL");
  await ended;
  const before = server.taken.size;
  expect(before).toBeLessThan(30_000);
  const { stdout, stderr } = await runImport(["old.ndjson", "--host", host]);
  expect(stderr).toMatch(/Going on behind row \d+000/);
  expect(stdout).toContain("30000 delivered, 0 rejected");
  expect(server.taken.size).toBe(30_000);
});

test("SN32: CSV, its gzip and Parquet give the same events; columns that are no field become properties", async () => {
  const csv = [
    "\ufeffuser_id,event,ts,properties.price,note,context",
    'u1,Paid,2020-06-01T00:00:00Z,9.90,"a ""quoted"", note\nin two lines","{""ip"":""192.0.2.1""}"',
    "u2,Paid,1590969600,,,",
    "",
  ].join("\r\n");
  const columns: Parameters<typeof parquetWriteBuffer>[0]["columnData"] = [
    { name: "user_id", data: ["u1", "u2"], type: "STRING" },
    { name: "event", data: ["Paid", "Paid"], type: "STRING" },
    { name: "ts", data: [new Date(Date.UTC(2020, 5, 1)), new Date(Date.UTC(2020, 5, 1))], type: "TIMESTAMP" },
    { name: "properties.price", data: ["9.90", null], type: "STRING" },
    { name: "note", data: ['a "quoted", note\nin two lines', null], type: "STRING" },
    { name: "context", data: ['{"ip":"192.0.2.1"}', null], type: "STRING" },
  ];
  write("old.csv", csv);
  write("zipped.csv.gz", gzipSync(csv));
  write("old.parquet", new Uint8Array(parquetWriteBuffer({ columnData: columns })));
  const compressors = { ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes)) };
  write("zstd.parquet", new Uint8Array(parquetWriteBuffer({ columnData: columns, codec: "ZSTD", compressors })));
  for (const file of ["old.csv", "zipped.csv.gz", "old.parquet", "zstd.parquet"]) {
    const { stdout, stderr } = await runImport([file, "--host", host, "--map", "ts=timestamp"]);
    expect(stdout, file + stderr).toContain("2 delivered");
    const sent = server.requests
      .at(-1)
      ?.body.batch.toSorted((a, b) => String(a["userId"]).localeCompare(String(b["userId"])));
    expect(sent, file).toMatchObject([
      {
        type: "track",
        userId: "u1",
        event: "Paid",
        timestamp: "2020-06-01T00:00:00.000Z",
        properties: { price: "9.90", note: 'a "quoted", note\nin two lines' },
        context: { ip: "192.0.2.1" },
      },
      { type: "track", userId: "u2", event: "Paid", timestamp: "2020-06-01T00:00:00.000Z" },
    ]);
    expect(sent?.[1], file).not.toHaveProperty("properties");
  }
  expect(server.taken.size).toBe(4); // the gzip is the CSV; a row of Parquet has other words
});

test("SN32: numbers of 64 bits in Parquet are numbers where a number holds them, at any depth", async () => {
  const cells = { id: 7n, large: 2n ** 60n, at: new Date(0), nested: { list: [1n, { deep: 2n }] }, none: null };
  const reader = {
    parquetMetadataAsync: () => Promise.resolve({ num_rows: 1n }),
    parquetReadObjects: () => Promise.resolve([cells]),
  };
  const [row] = await all(readParquet(reader as never, {} as never, {}));
  const large = String(2n ** 60n);
  expect(row?.fields).toEqual({ id: 7, large, at: new Date(0), nested: { list: [1, { deep: 2 }] } });
});

test("SN42: a checkpoint holds for one host, source and way of reading; a key that was replaced goes on", async () => {
  write("old.ndjson", linesOf(3).replaceAll('"timestamp"', '"ts"'));
  expect((await runImport(["old.ndjson", "--host", host])).stdout).toContain("3 rows that are no event");
  const mapped = ["old.ndjson", "--map", "ts=timestamp", "--host"];
  expect((await runImport([...mapped, host])).stdout).toContain("3 delivered");
  const replaced = { SLUICE_WRITE_KEY: writeKey.replace(".s1.", ".s2.") };
  expect((await runImport([...mapped, `${host}/`], replaced)).stderr).toContain("Going on behind row 3");
  expect(server.requests).toHaveLength(1);
  const otherSource = { SLUICE_WRITE_KEY: writeKey.replace("server", "other") };
  expect((await runImport([...mapped, host], otherSource)).stderr).not.toContain("Going on");
  expect((await runImport([...mapped, host.replace("127.0.0.1", "localhost")])).stderr).not.toContain("Going on");
  expect(server.requests).toHaveLength(3);
});

test("SN44: rows that are no UTF-8 are refused and not garbled; the encoding may be stated", async () => {
  const csv = "userId,event,timestamp\nu1,Käse,2020-06-01\nu2,Plain,2020-06-01\n";
  write("latin.csv", Buffer.from(csv, "latin1"));
  const refused = await runImport(["latin.csv", "--host", host, "--rejects", "bad.ndjson"]);
  expect(refused.stdout).toContain("1 delivered, 0 rejected, 1 rows that are no event");
  expect(readFileSync(join(folder, "bad.ndjson"), "utf8")).toBe('{"row":1,"reason":"not_utf8"}\n');
  await runImport(["latin.csv", "--host", host, "--encoding", "windows-1252"]);
  write("wide.csv", Buffer.from(`\ufeff${csv}`, "utf16le"));
  await runImport(["wide.csv", "--host", host, "--encoding", "utf-16le"]);
  expect(server.requests.slice(1).map(({ body }) => body.batch.map(({ event }) => event))).toEqual([
    ["Käse", "Plain"],
    ["Käse", "Plain"],
  ]);
  expect((await runImport(["latin.csv", "--host", host, "--encoding", "klingon"])).code).toBe(2);
});

test("SN33: a row that is too large, or a file that cannot be decoded, ends in a sentence and not in a wait", async () => {
  write("old.ndjson", `${lineOf(0)}\n${lineOf(1).replace("Old", "x".repeat(40_000))}\n${lineOf(2)}\n`);
  const { code, stdout } = await runImport(["old.ndjson", "--host", host, "--rejects", "bad.ndjson"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "2 delivered, 1 rejected, 0 rows that are no event\n" });
  expect(readFileSync(join(folder, "bad.ndjson"), "utf8")).toBe('{"row":2,"reason":"event_too_large"}\n');
  write("broken.parquet", "PAR1 but no more");
  write("broken.csv.gz", "no gzip");
  for (const file of ["broken.parquet", "broken.csv.gz"])
    expect((await runImport([file, "--host", host])).code).toBe(2);
});

test("SN33: rows that are no event are counted and listed by number, without their content, and stop nothing", async () => {
  const rows = [
    lineOf(0),
    "{not json",
    '{"userId":"secret"}',
    '{"timestamp":"yesterday"}',
    '{"type":"click","timestamp":1}',
    lineOf(1),
  ];
  write("old.ndjson", rows.join("\n"));
  const { code, stdout } = await runImport(["old.ndjson", "--host", host, "--rejects", "bad.ndjson"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "2 delivered, 0 rejected, 4 rows that are no event\n" });
  expect(readFileSync(join(folder, "bad.ndjson"), "utf8")).toBe(
    [
      { row: 2, reason: "unreadable" },
      { row: 3, reason: "missing_timestamp" },
      { row: 4, reason: "invalid_timestamp" },
      { row: 5, reason: "unknown_type" },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(""),
  );
});

test("SN33: a key that is refused ends the import with code 3, its checkpoint stays, and no output repeats the key", async () => {
  write("old.ndjson", linesOf(20));
  server.answer = () => ({ status: 401 });
  const { code, stdout, stderr } = await runImport(["old.ndjson", "--host", host]);
  expect(code).toBe(3);
  expect(stderr).toContain("http_401");
  expect(stdout + stderr).not.toContain(writeKey);
  server.answer = () => "ok";
  expect((await runImport(["old.ndjson", "--host", host])).stdout).toContain("20 delivered");
});

test("SN33: wrong use is said in a sentence with code 2; a dry run sends nothing", async () => {
  write("old.ndjson", linesOf(3));
  const wrong: [string[], RegExp][] = [
    [[], /Usage/],
    [["old.ndjson"], /--host/],
    [["old.xml", "--host", host], /--format/],
    [["old.ndjson", "--host", host, "--map", "a"], /--map/],
    [["old.ndjson", "--host", host, "--type", "click"], /--type/],
    [["old.ndjson", "--host", host, "--colour"], /colour/],
    [["gone.ndjson", "--host", host], /ENOENT/],
    [["old.ndjson", "--host", "nowhere"], /option host/],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await runImport(args);
    expect({ args, code }).toEqual({ args, code: 2 });
    expect(stderr).toMatch(message);
  }
  expect((await runImport(["old.ndjson", "--host", host], {})).stderr).toContain("SLUICE_WRITE_KEY");
  const dry = await runImport(["old.ndjson", "--dry-run"], {});
  expect(dry).toMatchObject({ code: 0, stdout: "3 would be sent, 0 rejected, 0 rows that are no event\n" });
  expect(server.requests).toHaveLength(0);
}, 60_000);

async function* piecesOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function all(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

test("SN34: CSV and NDJSON read the same in pieces of any size", async () => {
  const csv = 'a,b\r\n1,"x\ny"\r\n"say ""hi""",\n\n"",","\n2,last';
  const whole = await all(readCsv(piecesOf(csv, 1000), ","));
  expect(whole.map((row) => row.fields)).toEqual([
    { a: "1", b: "x\ny" },
    { a: 'say "hi"' },
    { b: "," },
    { a: "2", b: "last" },
  ]);
  for (let size = 1; size < csv.length; size++) expect(await all(readCsv(piecesOf(csv, size), ","))).toEqual(whole);
  const lines = '{"a":1}\n\n[1]\r\n{"b":"ü"}';
  const rows = await all(readNdjson(piecesOf(lines, 1000)));
  expect(rows.map((row) => row.fields)).toEqual([{ a: 1 }, null, { b: "ü" }]);
  for (let size = 1; size < lines.length; size++) expect(await all(readNdjson(piecesOf(lines, size)))).toEqual(rows);
});

test("SN34: the id of a row depends on its words, its place, its time and the namespace, and on nothing else", () => {
  const rules: RowRules = { type: "track", event: "", names: new Map(), namespace: "", isGarbledRefused: true };
  const row = { number: 7, text: "words", fields: { timestamp: "2020-06-01T00:00:00Z", userId: "u" } };
  const idOf = (some: Row, other: RowRules = rules): string => {
    const event = eventOfRow(some, other);
    return event.ok ? event.value.messageId : event.error;
  };
  const ids = [
    idOf(row),
    idOf({ ...row, number: 8 }),
    idOf({ ...row, text: "other words" }),
    idOf({ ...row, fields: { ...row.fields, timestamp: "2020-06-01T00:00:01Z" } }),
    idOf(row, { ...rules, namespace: "b" }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(idOf({ ...row })).toBe(ids[0]);
  expect(ids.map(birthOfMessageId)).toEqual([0, 0, 0, 1000, 0].map((ms) => startMs + ms));
  expect(idOf({ ...row, fields: { ...row.fields, message_id: "own" } })).toBe("own");
  expect(idOf({ ...row, fields: JSON.parse('{"__proto__":{"a":1},"timestamp":1}') as Row["fields"] })).toMatch(
    /^[0-9A-Z]{26}$/,
  );
});

test("SN34: the progress line says share, rows, speed and what is left", () => {
  expect(progressLine({ share: 0.5, rows: 10_000, ownRows: 10_000, seconds: 2 })).toBe(
    "████████████░░░░░░░░░░░░ 50 %  10,000 rows  5,000/s  0:02 left",
  );
  expect(progressLine({ share: 0, rows: 0, ownRows: 0, seconds: 0 })).toContain(" 0 %  0 rows  0/s  0:00 left");
});
