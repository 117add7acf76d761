import { type Consent, createClient, type WebClient } from "@sluice/web";
import { inject, type InjectionKey, type Plugin } from "vue";

/** Every event of this application: the compiler refuses other names and other properties. */
export type Events = {
  "Product Added": { sku: string; price: string };
  "Cart Emptied": Record<never, never>;
};

/** What components use: the client, and the visitor's choice, which the application remembers. */
export interface Analytics {
  readonly client: WebClient<Events>;
  readonly hasChosen: boolean;
  readonly choose: (consent: "granted" | "denied") => void;
}

const key: InjectionKey<Analytics> = Symbol("sluice");

/** `app.use(sluice, { host, writeKey })`. Page views follow the address, whichever router changes it. */
export const sluice: Plugin<{ host: string; writeKey: string }> = {
  install(app, { host, writeKey }) {
    const remembered = localStorage.getItem("consent") as Consent | null;
    // Until the visitor has chosen, calls wait in memory, and nothing is written to the device.
    const client = createClient<Events>({ host, writeKey, consent: remembered ?? "pending", pageViews: true });
    client.page();
    const choose = (consent: "granted" | "denied"): void => {
      localStorage.setItem("consent", consent);
      client.setConsent(consent);
    };
    app.provide(key, { client, hasChosen: remembered !== null, choose });
  },
};

/** The analytics of the application, in `setup`. */
export function useSluice(): Analytics {
  const analytics = inject(key);
  if (!analytics) throw new Error("app.use(sluice, …) is missing");
  return analytics;
}
