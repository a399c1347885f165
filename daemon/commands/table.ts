/** Rows as text in columns, the header first; the last column is not padded. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))));
  const pad = (text: string, width: number) => text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  // Line feeds and other control characters in file names must not break the table or steer the terminal.
  const clean = (text: string) => text.replace(/\p{Cc}/gu, "\u241b");
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === header.length - 1 ? clean(cell) : pad(clean(cell), widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** 1234567 → `1.2 MB`. */
export function showBytes(bytes: number): string {
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

export const showTime = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 19);

/** Draws one line of progress on a terminal, over itself; on anything else it is silent. */
export function progressBar(io: { err(text: string): void; isTerminal: boolean }) {
  let drawn = false;
  return {
    show(done: number, total: number, text: string) {
      if (!io.isTerminal) return;
      drawn = true;
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const bar = "█".repeat(Math.round(share * 24)).padEnd(24, "░");
      io.err(`\r\x1b[K${bar} ${`${Math.floor(share * 100)}`.padStart(3)} %  ${text}`);
    },
    end() {
      if (drawn) io.err("\n");
    },
  };
}
