// Runs walks in a thread of its own: a folder on a mount that hangs must not stop the daemon.
import type { RawPath } from "../contract/raw-path.ts";
import { type Listing, listFolder, walk } from "./walk.ts";

export interface WalkRequest {
  id: number;
  root: RawPath;
  recursive: boolean;
  /** Whether `root` may be a symbolic link. */
  followLink: boolean;
}
export type WalkReply = { id: number; listings: Listing[]; last: boolean };

declare const self: Worker;
const batchEntries = 400;
const ahead = 4;
let acknowledged: (() => void) | undefined;
let unacknowledged = 0;

async function send(reply: WalkReply): Promise<void> {
  self.postMessage(reply);
  unacknowledged++;
  if (unacknowledged >= ahead) await new Promise<void>((resolve) => (acknowledged = resolve));
}

async function answer({ id, root, recursive, followLink }: WalkRequest): Promise<void> {
  let listings: Listing[] = [];
  let size = 0;
  for (const listing of recursive ? walk(root, followLink) : [listFolder(root, followLink)]) {
    listings.push(listing);
    size += 1 + listing.entries.length;
    if (size < batchEntries) continue;
    await send({ id, listings, last: false });
    listings = [];
    size = 0;
  }
  await send({ id, listings, last: true });
}

let queue = Promise.resolve();
self.onmessage = (event: MessageEvent<WalkRequest | "ack">) => {
  if (event.data === "ack") {
    unacknowledged--;
    acknowledged?.();
    acknowledged = undefined;
    return;
  }
  const request = event.data;
  queue = queue.then(() => answer(request));
};
