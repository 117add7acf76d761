import type { Fields } from "@sluice/core";

/** What of the client the helpers need. */
export interface Screens {
  screen(name: string, properties?: Fields): unknown;
}

interface Route {
  readonly name: string;
  readonly params?: object | undefined;
}

/** The part of React Navigation's container ref that is used. */
export interface NavigationContainer {
  isReady(): boolean;
  getCurrentRoute(): Route | undefined;
  addListener(type: "ready" | "state", listener: () => void): () => void;
}

/**
 * A function that records a screen when its name differs from that of the last one, so that it may be called at every render. For Expo Router, in the root layout:
 *
 * `const segments = useSegments(); useEffect(() => show("/" + segments.join("/")), [segments])`
 *
 * Segments name the route (`/user/[id]`), not its values, which are often personal.
 */
export function screenTracker(client: Screens): (name: string, properties?: Fields) => void {
  let last: string | undefined;
  return (name, properties) => {
    if (name === last) return;
    last = name;
    client.screen(name, properties);
  };
}

/**
 * Records a screen for every change of route in React Navigation, beginning with the first one. Returns what ends it.
 *
 * @param properties what of a route's parameters may be sent; default: nothing.
 */
export function trackNavigation(
  client: Screens,
  container: NavigationContainer,
  properties: (route: Route) => Fields | undefined = () => undefined,
): () => void {
  const show = screenTracker(client);
  const changed = (): void => {
    const route = container.getCurrentRoute();
    if (route) show(route.name, properties(route));
  };
  const stops = [container.addListener("ready", changed), container.addListener("state", changed)];
  if (container.isReady()) changed();
  return () => stops.forEach((stop) => stop());
}
