import type { ComponentType } from "preact";
import { Audit } from "../pages/audit.ts";
import { Execution } from "../pages/execution.ts";
import { Files } from "../pages/files.ts";
import { Naming } from "../pages/naming.ts";
import { Overview } from "../pages/overview.ts";
import { Preview } from "../pages/preview.ts";
import { Proposals } from "../pages/proposals.ts";

export interface PageEntry {
  path: string;
  title: string;
  page: ComponentType;
}

/** The pages in the order of the navigation. */
export const pages: readonly PageEntry[] = [
  { path: "/", title: "Overview", page: Overview },
  { path: "/proposals", title: "Proposals", page: Proposals },
  { path: "/preview", title: "Preview", page: Preview },
  { path: "/execution", title: "Execution", page: Execution },
  { path: "/files", title: "Files", page: Files },
  { path: "/naming", title: "Naming", page: Naming },
  { path: "/audit", title: "Audit", page: Audit },
];

export const pagePaths: readonly string[] = [...pages.map(({ path }) => path), "/pipeline"];

export const pageAt = (path: string): PageEntry | undefined =>
  pages.find((entry) => entry.path === (path === "/pipeline" ? "/" : path));
