const keyLengthMax = 1024;
const segmentPattern = /^[A-Za-z0-9_=.+@-]{1,200}$/;
/** Names that Windows reserves, with or without an extension. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * The path of an object's file, relative to the pulled folder, as segments; `null` for a key that could leave the
 * folder or that no file system takes. Keys come from a server: they are judged, not trusted.
 */
export function segmentsOfKey(key: string): readonly string[] | null {
  if (key.length === 0 || key.length > keyLengthMax) return null;
  const segments = key.split("/");
  const isSafe = (segment: string): boolean =>
    segmentPattern.test(segment) && !segment.startsWith(".") && !segment.endsWith(".") && !reserved.test(segment);
  return segments.every(isSafe) ? segments : null;
}
