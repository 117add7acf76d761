import type { GetExportParameters, QueryApi } from "./api.ts";

/** What a list's next page is asked with: nothing for the first one. */
type Cursor = { readonly cursor?: string };

/**
 * Every page of a list, one after the other: `pagesOf((cursor) => client.getEvents({ limit: 500, ...cursor }))`. A caller that stops
 * early asks for no more.
 */
export async function* pagesOf<Page extends { readonly cursor: string | null }>(
  ask: (cursor: Cursor) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  let cursor: Cursor | null = {};
  while (cursor !== null) {
    const page: Page = await ask(cursor);
    yield page;
    cursor = page.cursor === null ? null : { cursor: page.cursor };
  }
}

/**
 * Every row of an export, in the order of the lake's hours, read as it arrives: one row is in memory at a time. Times are ISO 8601,
 * decimals texts.
 */
export async function* exportedRows(
  client: Pick<QueryApi, "getExport">,
  parameters: Omit<GetExportParameters, "format">,
): AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined> {
  let cursor = parameters.cursor ?? null;
  do {
    const response = await client.getExport({ ...parameters, format: "ndjson", ...(cursor !== null && { cursor }) });
    for await (const line of linesOf(response)) yield JSON.parse(line) as Record<string, unknown>;
    cursor = response.headers.get("sluice-cursor");
  } while (cursor !== null);
}

async function* linesOf(response: Response): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) break;
      const lines = (rest + chunk.value).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    await reader?.cancel();
  }
}
