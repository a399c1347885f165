import type { NamingInput } from "../contract/naming.ts";

/** Most characters of a tag: a longer name is none, and remarks may be longer. */
const longestName = 1_000;
const longestRemark = 2_000;
const remarkTags = /^(?:comment|description|lyrics|synopsis|url|purl|website|encodedBy)$/i;

/** The first `most` characters, none of them cut in two. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}

type Tags = NamingInput["tags"];
const mostOf = (tag: string) => (remarkTags.test(tag) ? longestRemark : longestName);

function boundTags(tags: Tags): { tags: Tags; ignored: string[] } {
  const ignored: string[] = [];
  const bounded = Object.entries(tags).map(([tag, text]) => {
    const most = mostOf(tag);
    if (text.length <= most) return [tag, text] as const;
    const counts = [text.length, most].map((count) => count.toLocaleString("en-US"));
    ignored.push(`The tag ${tag} has ${counts[0]} characters: only its first ${counts[1]} were read.`);
    return [tag, cutText(text, most)] as const;
  });
  return ignored.length > 0 ? { tags: Object.fromEntries(bounded), ignored } : { tags, ignored };
}

/** The input with tags of a length that names have; `ignored` says which were cut. Bounding twice changes nothing. */
export function boundInput<T extends Pick<NamingInput, "tags" | "ignored" | "neighbours" | "copies">>(input: T): T {
  const { tags, ignored } = boundTags(input.tags);
  const bound = <N extends { tags: Tags }>(others: readonly N[]) =>
    others.map((other) => ({ ...other, tags: boundTags(other.tags).tags }));
  return {
    ...input,
    tags,
    ...(ignored.length > 0 ? { ignored: [...(input.ignored ?? []), ...ignored] } : {}),
    ...(input.neighbours ? { neighbours: bound(input.neighbours) } : {}),
    ...(input.copies ? { copies: bound(input.copies) } : {}),
  };
}
