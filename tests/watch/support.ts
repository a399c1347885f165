import type { FileItem } from "../../daemon/contract/api.ts";
import type { Page } from "../support/page.ts";
import type { World } from "../support/world.ts";

/** The media files that a world has in its list. */
export const files = async (world: World, query = "") =>
  (await world.call<Page<FileItem>>("GET", `/api/v1/files?kind=media${query}`)).items;
