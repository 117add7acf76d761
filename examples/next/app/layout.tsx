import Link from "next/link";
import type { ReactElement, ReactNode } from "react";
import { ConsentBanner } from "./consent-banner";
import { PageViews } from "./page-views";

export const metadata = { title: "Sluice with Next.js" };

export default function Layout({ children }: { children: ReactNode }): ReactElement {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Shop</Link> <Link href="/about">About</Link>
        </nav>
        {children}
        <PageViews />
        <ConsentBanner />
      </body>
    </html>
  );
}
