import { type MouseEvent, type ReactElement, type ReactNode, useState, useSyncExternalStore } from "react";
import { choose, hasChosen, sluice } from "./analytics.ts";

export function App(): ReactElement {
  const path = usePath();
  return (
    <>
      <nav>
        <Link to="/">Shop</Link> <Link to="/about">About</Link>
      </nav>
      {path === "/about" ? <About /> : <Shop />}
      <ConsentBanner />
    </>
  );
}

function Shop(): ReactElement {
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

function About(): ReactElement {
  return <h1>About</h1>;
}

function ConsentBanner(): ReactElement | null {
  const [isOpen, setIsOpen] = useState(!hasChosen);
  if (!isOpen) return null;
  const answer = (consent: "granted" | "denied"): void => {
    choose(consent);
    setIsOpen(false);
  };
  return (
    <aside>
      May we count your visit? <button onClick={() => answer("granted")}>Yes</button>{" "}
      <button onClick={() => answer("denied")}>No</button>
    </aside>
  );
}

/** A router of ten lines; with React Router or TanStack Router nothing of Sluice's changes. */
function Link({ to, children }: { to: string; children: ReactNode }): ReactElement {
  const go = (event: MouseEvent): void => {
    event.preventDefault();
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  };
  return (
    <a href={to} onClick={go}>
      {children}
    </a>
  );
}

function usePath(): string {
  const subscribe = (changed: () => void): (() => void) => {
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  };
  return useSyncExternalStore(subscribe, () => location.pathname);
}
