import AsyncStorage from "@react-native-async-storage/async-storage";
import NetInfo from "@react-native-community/netinfo";
import { createClient, deviceContext, screenTracker, trackDeepLinks } from "@sluice/react-native";
import * as Application from "expo-application";
import * as Device from "expo-device";
import { AppState, Dimensions, Linking, Platform } from "react-native";

/** The events of this app, with their properties. */
interface Events {
  "Product Added": { sku: string; price: string };
  "Checkout Started": { products: number };
}

/** Where `npm start` in the repository's root answers, and the key that it prints. */
const host = process.env.EXPO_PUBLIC_SLUICE_HOST ?? "http://localhost:8787";
const writeKey = process.env.EXPO_PUBLIC_SLUICE_WRITE_KEY ?? "example.app.p1.AAAAAAAAAAAAAAAAAAAAAA";

export const sluice = createClient<Events>({
  host,
  writeKey,
  storage: AsyncStorage,
  appState: AppState,
  netInfo: NetInfo,
  linking: Linking,
  lifecycleEvents: true,
  context: deviceContext({
    platform: Platform,
    application: Application,
    device: Device,
    screen: Dimensions.get("screen"),
    locale: Intl.DateTimeFormat().resolvedOptions(),
  }),
});

sluice.on("rejected", ({ messageId, reason }) => console.warn("rejected", messageId, reason));
sluice.on("dropped", ({ messageId, reason }) => console.warn("dropped", messageId, reason));
trackDeepLinks(sluice, Linking);

export const showScreen = screenTracker(sluice);
