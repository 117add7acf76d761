/** A thing the demo shop sells. Prices are whole cents of EUR. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly cents: number;
}

/** Address of the shop in the page events. */
export const shopOrigin = "https://shop.example";

/** The shop's range, category by category. */
export const products: readonly [Product, ...Product[]] = [
  { id: "cup-small", name: "Small Cup", category: "cups", cents: 899 },
  { id: "cup-large", name: "Large Cup", category: "cups", cents: 1199 },
  { id: "cup-travel", name: "Travel Cup", category: "cups", cents: 1999 },
  { id: "pot-glass", name: "Glass Pot", category: "pots", cents: 2450 },
  { id: "pot-steel", name: "Steel Pot", category: "pots", cents: 3995 },
  { id: "kettle-hob", name: "Hob Kettle", category: "kettles", cents: 4490 },
  { id: "kettle-electric", name: "Electric Kettle", category: "kettles", cents: 7999 },
  { id: "tea-green", name: "Green Tea", category: "tea", cents: 649 },
  { id: "tea-black", name: "Black Tea", category: "tea", cents: 599 },
  { id: "tea-herbs", name: "Herbal Tea", category: "tea", cents: 549 },
  { id: "tea-chai", name: "Chai", category: "tea", cents: 725 },
  { id: "coffee-espresso", name: "Espresso Beans", category: "coffee", cents: 1290 },
  { id: "coffee-filter", name: "Filter Beans", category: "coffee", cents: 1150 },
  { id: "grinder-hand", name: "Hand Grinder", category: "machines", cents: 5900 },
  { id: "grinder-electric", name: "Electric Grinder", category: "machines", cents: 12_900 },
  { id: "machine-espresso", name: "Espresso Machine", category: "machines", cents: 34_900 },
];

/** Where a visit may come from. */
export interface Campaign {
  readonly name: string;
  readonly source: string;
  readonly medium: string;
  readonly content: string;
  /** What the campaign costs a day, in cents of EUR. */
  readonly dailyCents: number;
  /** How often it is seen, relative to the others. */
  readonly weight: number;
}

/** The campaigns of the month. */
export const campaigns: readonly [Campaign, ...Campaign[]] = [
  { name: "spring-sale", source: "search", medium: "cpc", content: "text-a", dailyCents: 4200, weight: 4 },
  { name: "newsletter", source: "newsletter", medium: "email", content: "header", dailyCents: 350, weight: 3 },
  { name: "retarget", source: "display", medium: "banner", content: "cup-large", dailyCents: 2175, weight: 2 },
  { name: "partners", source: "blog", medium: "affiliate", content: "review", dailyCents: 1000, weight: 1 },
];

/** Share of a day's visits by local hour, 0 to 23: a trough at night, a hill at noon, a peak in the evening. */
export const hourWeights: readonly number[] = [
  6, 3, 2, 1, 1, 2, 6, 14, 22, 28, 32, 36, 42, 40, 34, 32, 34, 40, 52, 64, 70, 62, 40, 18,
];

/** Traffic by day of the week, Sunday first, around 1. */
export const weekdayFactors: readonly number[] = [1.2, 0.9, 0.9, 0.95, 1, 1.05, 1.15];
