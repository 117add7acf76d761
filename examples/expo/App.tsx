import { useEffect, useState } from "react";
import { Button, Text, View } from "react-native";
import { showScreen, sluice } from "./analytics";

/** A shop of one product. */
export function App() {
  const [products, setProducts] = useState(0);
  const [sent, setSent] = useState("");
  useEffect(() => showScreen("Shop"), []);

  const add = () => {
    setProducts(products + 1);
    void sluice.track("Product Added", { sku: "A1", price: "14.99" });
  };
  const checkOut = async () => {
    await sluice.track("Checkout Started", { products });
    const { delivered, rejected, kept } = await sluice.flush();
    setSent(`${delivered.length} delivered, ${rejected.length} rejected, ${kept.length} kept`);
  };

  return (
    <View style={{ paddingTop: 80 }}>
      <Text>{products} in the cart</Text>
      <Button title="Add" onPress={add} />
      <Button title="Check out" onPress={() => void checkOut()} />
      <Button title="Forget me" onPress={() => sluice.reset()} />
      <Text>{sent}</Text>
    </View>
  );
}
