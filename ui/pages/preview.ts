import { html } from "htm/preact";
import { useMemo, useState } from "preact/hooks";
import { useApp, useEvents } from "../app.ts";
import { below, plural, showBytes, showCount } from "../format.ts";
import { More } from "../parts/more.ts";
import { Path } from "../parts/path-change.ts";
import { Empty, Failed, Loading, Text } from "../parts/states.ts";
import { useResource } from "../resource.ts";
import { buildTree, type Folder } from "../tree.ts";

const link = (path: string) => `${document.body.dataset.base}${path}`;
/** Folders down to here are open at first, and small ones at any depth. */
const openDepth = 2;
const smallFolder = 30;
const gapMs = 3000;

function FileRow({ file, library }: { file: Folder["files"][number]; library: string | undefined }) {
  return html`<li class="tree-file"><span class="name"><${Text} of=${file.name} /></span> <span class="muted">${showBytes(file.sizeBytes)}</span><div class="muted was"><span class="sr">now </span><${Path} of=${below(library, file.source)} /></div></li>`;
}

/** A folder; what lies in it is only drawn once it is open. */
function FolderNode({ folder, depth, library }: { folder: Folder; depth: number; library: string | undefined }) {
  const [open, setOpen] = useState(depth < openDepth || folder.fileCount <= smallFolder);
  return html`<details class="tree" open=${open} onToggle=${(event: Event) => event.target === event.currentTarget && setOpen((event.target as HTMLDetailsElement).open)}>
    <summary><span class="folder-name"><${Text} of=${depth === 0 ? folder.name : `${folder.name}/`} /></span> <span class="muted">${plural(folder.fileCount, "file")}, ${showBytes(folder.bytes)}</span></summary>
    ${
      open &&
      html`<div class="branch">
        ${folder.folders.map((child) => html`<${FolderNode} key=${child.path} folder=${child} depth=${depth + 1} library=${library} />`)}
        ${folder.files.length > 0 && html`<${More} items=${folder.files} total=${folder.files.length} render=${(file: Folder["files"][number]) => html`<${FileRow} key=${file.proposalId} file=${file} library=${library} />`} />`}
      </div>`
    }
  </details>`;
}

/** The folders and files that the approved proposals would make. */
export function Preview() {
  const { api, roots } = useApp();
  const preview = useResource("preview", api.preview);
  useEvents(["proposal", "batch"], preview.reload, gapMs);
  const { data } = preview;
  const tree = useMemo(() => data && buildTree(data.directories, data.root), [data]);
  return html`<div class="page-head"><h1>Preview</h1><span class="muted">${data ? `${plural(data.total, "approved file")} in ${plural(data.directories.length, "folder")}` : ""}</span>${data && data.total > 0 && html`<a class="button primary push" href=${link("/execution")}>Look and apply</a>`}</div>
    ${preview.error && html`<${Failed} error=${preview.error} retry=${preview.reload} />`}
    ${!data && !preview.error && html`<${Loading} what="Building the tree" />`}
    ${data?.total === 0 && html`<${Empty} title="No folders to show"><p>The tree shows where approved files will go. <a href=${link("/proposals")}>Approve proposals</a> first.</p><//>`}
    ${
      data &&
      data.total > 0 &&
      html`<section class="card" aria-label="Folders">${tree && html`<${FolderNode} folder=${tree} depth=${0} library=${roots.value?.library} />`}</section>
        ${tree && data.total > tree.fileCount && html`<p class="muted">The first ${showCount(tree.fileCount)} of ${plural(data.total, "file")} are shown.</p>`}`
    }`;
}
