/** What the shop sells. Prices are whole cents of EUR: money is never a double. */
export const products = [
  {
    id: "cup-small",
    name: "Small Cup",
    category: "cups",
    cents: 899,
    text: "Stoneware, 18 cl. Fits under every machine.",
  },
  { id: "cup-large", name: "Large Cup", category: "cups", cents: 1199, text: "Stoneware, 35 cl. For long mornings." },
  {
    id: "cup-travel",
    name: "Travel Cup",
    category: "cups",
    cents: 1999,
    text: "Double-walled steel. Hot for five hours.",
  },
  { id: "pot-glass", name: "Glass Pot", category: "pots", cents: 2450, text: "Watch the leaves open. One litre." },
  { id: "pot-steel", name: "Steel Pot", category: "pots", cents: 3995, text: "Never breaks, never drips." },
  { id: "kettle-hob", name: "Hob Kettle", category: "kettles", cents: 4490, text: "Enamel, with an honest whistle." },
  {
    id: "kettle-electric",
    name: "Electric Kettle",
    category: "kettles",
    cents: 7999,
    text: "To the degree, from 40 to 100 °C.",
  },
  { id: "tea-green", name: "Green Tea", category: "tea", cents: 649, text: "Sencha, first flush. 100 g." },
  { id: "tea-black", name: "Black Tea", category: "tea", cents: 599, text: "Assam, malty and strong. 100 g." },
  { id: "tea-herbs", name: "Herbal Tea", category: "tea", cents: 549, text: "Mint, verbena, lemon balm. 80 g." },
  { id: "tea-chai", name: "Chai", category: "tea", cents: 725, text: "Cardamom, ginger, black pepper. 120 g." },
  {
    id: "coffee-espresso",
    name: "Espresso Beans",
    category: "coffee",
    cents: 1290,
    text: "Dark, chocolate, hazelnut. 500 g.",
  },
  {
    id: "coffee-filter",
    name: "Filter Beans",
    category: "coffee",
    cents: 1150,
    text: "Light, citrus, jasmine. 500 g.",
  },
  {
    id: "grinder-hand",
    name: "Hand Grinder",
    category: "machines",
    cents: 5900,
    text: "Steel burrs and forty turns a cup.",
  },
  {
    id: "grinder-electric",
    name: "Electric Grinder",
    category: "machines",
    cents: 12900,
    text: "Flat burrs, quiet as a library.",
  },
  {
    id: "machine-espresso",
    name: "Espresso Machine",
    category: "machines",
    cents: 34900,
    text: "Nine bar, one lever, no app.",
  },
];

/** What the front page promotes. */
export const promotion = {
  promotion_id: "spring-sale",
  name: "Spring at home",
  creative: "hero-grinder",
  position: "home-hero",
  productId: "grinder-hand",
};

/** The product of an id, or `undefined`. */
export function productOf(id) {
  return products.find((product) => product.id === id);
}

/** Cents as a decimal text with two places, without ever dividing: 1199 is "11.99". */
export function decimal(cents) {
  const digits = String(cents).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
