"use client";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";
import { sluice } from "./analytics";

/** Records a view of every page that the App Router shows, the first one included, and none twice in strict mode. */
export function PageViews(): null {
  const path = usePathname();
  const seen = useRef("");
  useEffect(() => {
    if (seen.current === path) return;
    seen.current = path;
    sluice.page();
  }, [path]);
  return null;
}
