import { batchEventsMax } from "@sluice/schema";

/** Bodies below this are sent plain: gzip would save less than a packet. */
export const gzipBytesMin = 1024;

/** Bytes of a reply that are read; the longest one lists every event of a batch as rejected, in less than 400 bytes each. */
export const replyBytesMax = batchEventsMax * 400;
