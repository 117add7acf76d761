/** A call of ten properties, as a shop's server makes it. */
export interface BenchCall {
  readonly userId: string;
  readonly event: string;
  readonly properties: Readonly<Record<string, string | number | boolean>>;
}

const names = ["Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed"];

/** The call of this number: the same in every contender and every run. */
export function callOf(index: number): BenchCall {
  return {
    userId: `user-${(index * 7919) % 1000}`,
    event: names[index % names.length] ?? "",
    properties: {
      order_id: `order-${index}`,
      sku: `sku-${index % 50}`,
      name: "Espresso cup",
      category: "Kitchen",
      price: 14.9,
      quantity: (index % 3) + 1,
      currency: "EUR",
      coupon: index % 10 === 0 ? "AUTUMN" : "",
      position: index % 20,
      is_member: index % 4 === 0,
    },
  };
}
