"use client";
import type { ReactElement } from "react";
import { sluice } from "./analytics";

export default function Shop(): ReactElement {
  return (
    <main>
      <h1>Shop</h1>
      <button onClick={() => sluice.track("Product Added", { sku: "A1", price: "14.99" })}>Add tea</button>
      <button onClick={() => sluice.track("Cart Emptied")}>Empty the cart</button>
      <button onClick={() => sluice.identify("ada", { plan: "pro" })}>Log in</button>
      <button onClick={() => sluice.reset()}>Log out</button>
    </main>
  );
}
