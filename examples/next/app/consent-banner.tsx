"use client";
import { type ReactElement, useEffect, useState } from "react";
import { choose, hasChosen } from "./analytics";

export function ConsentBanner(): ReactElement | null {
  const [isOpen, setIsOpen] = useState(false);
  // After the first paint, because the server that rendered the page knows of no choice.
  useEffect(() => setIsOpen(!hasChosen()), []);
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
