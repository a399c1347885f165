import { reasonOf as reasonOfMove } from "../rename/reason.ts";

/** The reason of a failed write in words. */
export const reasonOf = (error: unknown): string => reasonOfMove(error).replace("apply again", "try again");
