import type { Preview } from "./api.ts";

type PreviewFile = Preview["directories"][number]["files"][number];

/** A folder that would exist, with what would lie in it. */
export interface Folder {
  name: string;
  path: string;
  folders: Folder[];
  files: PreviewFile[];
  /** Of the whole branch. */
  fileCount: number;
  bytes: number;
}

const emptyFolder = (name: string, path: string): Folder => ({
  name,
  path,
  folders: [],
  files: [],
  fileCount: 0,
  bytes: 0,
});

/** Builds the tree of flat directories; folders and files by name. */
export function buildTree(directories: Preview["directories"], root: string): Folder {
  const top = emptyFolder(root, "");
  const byPath = new Map<string, Folder>([["", top]]);
  const folderAt = (path: string): Folder => {
    const known = byPath.get(path);
    if (known) return known;
    const at = path.lastIndexOf("/");
    const folder = emptyFolder(path.slice(at + 1), path);
    byPath.set(path, folder);
    folderAt(at < 0 ? "" : path.slice(0, at)).folders.push(folder);
    return folder;
  };
  for (const { path, files } of directories) folderAt(path).files.push(...files);
  return summed(top);
}

function summed(folder: Folder): Folder {
  folder.folders.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  folder.files.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  folder.fileCount = folder.files.length;
  folder.bytes = folder.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  for (const child of folder.folders) {
    summed(child);
    folder.fileCount += child.fileCount;
    folder.bytes += child.bytes;
  }
  return folder;
}
