import { createApp } from "vue";
import App from "./app.vue";
import { sluice } from "./sluice.ts";

/** Set by build.mjs. */
declare const SLUICE_HOST: string;
declare const SLUICE_WRITE_KEY: string;

createApp(App).use(sluice, { host: SLUICE_HOST, writeKey: SLUICE_WRITE_KEY }).mount("#app");
