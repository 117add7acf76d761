import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** What DuckDB makes of the same rows. */
export interface DuckFigures {
  readonly rows: number;
  /** CPU of `COPY … TO … (FORMAT parquet, COMPRESSION gzip)` on one thread, ms: the median of three. */
  readonly gzipCpuMs: number;
  readonly gzipBytes: number;
  readonly zstdBytes: number;
}

/** Loads parts into DuckDB's memory, unsorted, as rows arrive, and writes them again. */
export async function duckFloor(parts: readonly Uint8Array[]): Promise<DuckFigures> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const instance = await DuckDBInstance.create();
  try {
    parts.forEach((part, i) => writeFileSync(join(folder, `in-${i}.parquet`), part));
    const connection = await instance.connect();
    await connection.run("SET threads = 1");
    await connection.run(
      `CREATE TABLE rows AS SELECT * FROM read_parquet('${folder}/in-*.parquet') ORDER BY received_time, receipt_index`,
    );
    const [count] = (await connection.runAndReadAll("SELECT count(*)::INTEGER AS n FROM rows")).getRowObjectsJson();
    const copy = async (codec: string): Promise<{ readonly cpuMs: number; readonly bytes: number }> => {
      const path = join(folder, `out-${codec}.parquet`);
      const before = process.cpuUsage();
      await connection.run(`COPY rows TO '${path}' (FORMAT parquet, COMPRESSION ${codec}, ROW_GROUP_SIZE 10000)`);
      const { user, system } = process.cpuUsage(before);
      return { cpuMs: (user + system) / 1000, bytes: statSync(path).size };
    };
    const gzip = [await copy("gzip"), await copy("gzip"), await copy("gzip")];
    const zstd = await copy("zstd");
    return {
      rows: Number(count?.["n"]),
      gzipCpuMs: gzip.map(({ cpuMs }) => cpuMs).toSorted((a, b) => a - b)[1] ?? Number.NaN,
      gzipBytes: gzip[0]?.bytes ?? Number.NaN,
      zstdBytes: zstd.bytes,
    };
  } finally {
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}
