/*
 * Dimensions: columns of events by which a project may have its numbers broken down. A project declares which; each costs
 * rows of the marts and one row of D1 a day.
 */

/** Columns that a project may declare. Texts of few values; never an address, a title or a whole URL. */
export const dimensionNames = [
  "source",
  "country",
  "region",
  "city",
  "locale",
  "device_class",
  "os_name",
  "browser_name",
  "app_name",
  "app_version",
  "campaign_source",
  "campaign_medium",
  "campaign_name",
] as const;

/** A column that may be declared. */
export type Dimension = (typeof dimensionNames)[number];

/** Dimensions that one project may declare. */
export const dimensionsMax = 5;

/** An event's values of the declared dimensions. */
export type DimensionValues = Readonly<Record<Dimension, string | null>>;

/** Whether a text names a dimension. */
export function isDimension(text: string): text is Dimension {
  return (dimensionNames as readonly string[]).includes(text);
}

/** Dimensions as D1 stores them: declared order, JSON. */
export function parseDimensions(text: string): Dimension[] {
  return (JSON.parse(text) as string[]).filter(isDimension);
}
