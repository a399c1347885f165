import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { diffNames, type Piece } from "../diff.ts";
import { splitPath, visible } from "../format.ts";

/** Only the new name shows where nothing but the case has changed. */
function shown(pieces: readonly Piece[], mark: "del" | "ins") {
  return pieces.map(({ text, how }) => {
    if (how === "changed") return html`<${mark}>${visible(text)}<//>`;
    return how === "recased" && mark === "ins" ? html`<span class="recased">${visible(text)}</span>` : visible(text);
  });
}

function Line({
  way,
  folder,
  name,
  mark,
}: {
  way: "from" | "to";
  folder: readonly Piece[];
  name: readonly Piece[];
  mark: "del" | "ins";
}) {
  const hasFolder = folder.some((piece) => piece.text !== "");
  return html`<div class=${`path ${way}`}>
    <span class="sr">${way === "from" ? "Now: " : "Proposed: "}</span>
    <bdi>${hasFolder ? html`<span class="folder">${shown(folder, mark)}/</span><wbr />` : null}<span class="name">${shown(name, mark)}</span></bdi>
  </div>`;
}

/** A path as it is and as it would be, with the words marked in which they differ. */
export function PathChange({ from, to }: { from: string; to: string }) {
  const { before, after } = useMemo(() => {
    const [a, b] = [splitPath(from), splitPath(to)];
    const folders = diffNames(a.folder, b.folder);
    const names = diffNames(a.name, b.name);
    return {
      before: { folder: folders.before, name: names.before },
      after: { folder: folders.after, name: names.after },
    };
  }, [from, to]);
  if (from === to) return html`<div class="change"><${Line} way="from" mark="del" ...${before} /></div>`;
  return html`<div class="change"><${Line} way="from" mark="del" ...${before} /><${Line} way="to" mark="ins" ...${after} /></div>`;
}

/** A path with its name set off from its folder. */
export function Path({ of }: { of: string }) {
  const { folder, name } = splitPath(of);
  return html`<span class="path"><bdi>${folder ? html`<span class="folder">${visible(folder)}/</span><wbr />` : null}<span class="name">${visible(name)}</span></bdi></span>`;
}
