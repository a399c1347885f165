/** Types of file systems that live on another machine, as /proc/self/mounts names them. */
export const networkFileSystems =
  /^(nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|glusterfs|lustre|davfs2?|fuse\.(sshfs|rclone|s3fs|glusterfs|davfs2?|smbnetfs|curlftpfs|ceph.*))$/;

const decodeOctal = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

/** The mount that holds `path` (absolute), from the text of /proc/self/mounts: the longest mount point above it. */
export function mountOf(path: string, mounts: string): { path: string; type: string } | null {
  let best: { path: string; type: string } | null = null;
  for (const line of mounts.split("\n")) {
    const [, where, type] = line.split(" ");
    if (!where || !type) continue;
    const point = decodeOctal(where);
    const inside = point === "/" || path === point || path.startsWith(`${point}/`);
    if (inside && point.length >= (best?.path.length ?? 0)) best = { path: point, type };
  }
  return best;
}
