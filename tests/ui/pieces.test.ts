import { describe, expect, test } from "bun:test";
import { diffNames } from "../../ui/diff.ts";
import { coalesce } from "../../ui/events.ts";
import { below, plural, showBytes, showDuration, showMs, showPercent, splitPath, visible } from "../../ui/format.ts";
import { makeReviewStore } from "../../ui/parts/review-store.ts";
import { buildTree } from "../../ui/tree.ts";
import { cannedProposals } from "./support/canned-proposals.ts";

describe("numbers and names for people", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [999_960, "1.0 MB"],
    [286_600_000, "287 MB"],
    [1_230_000_000_000, "1.2 TB"],
  ])("%d bytes are %s", (bytes, words) => expect(showBytes(bytes)).toBe(words));

  test.each([
    [42.4, "42 s"],
    [180, "3 min"],
    [185, "3 min 5 s"],
    [7165, "1 h 59 min"],
    [43_200, "12 h"],
  ])("%d seconds are %s", (seconds, words) => expect(showDuration(seconds)).toBe(words));

  test("counts, shares and short times have their units", () => {
    expect([plural(1, "file"), plural(12_345, "file"), plural(2, "entry", "entries")]).toEqual([
      "1 file",
      "12,345 files",
      "2 entries",
    ]);
    expect([showPercent(0.914), showMs(80.4), showMs(1440), showMs(65_000)]).toEqual([
      "91 %",
      "80 ms",
      "1.4 s",
      "1 min 5 s",
    ]);
  });

  test("what cannot be seen in a name is made visible", () => {
    expect(visible("a\nb\u202ecod.mp3\0")).toBe("a␊b�cod.mp3␀");
    expect(visible("Sven Väth – 坂本龍一 👩‍🎤")).toBe("Sven Väth – 坂本龍一 👩‍🎤");
  });

  test("paths are split and shown below their root", () => {
    expect(splitPath("a/b/c.mp3")).toEqual({ folder: "a/b", name: "c.mp3" });
    expect(splitPath("c.mp3")).toEqual({ folder: "", name: "c.mp3" });
    expect([below("/music/", "/music/a.mp3"), below("/music", "/musical/a.mp3"), below(undefined, "/a")]).toEqual([
      "a.mp3",
      "/musical/a.mp3",
      "/a",
    ]);
  });
});

describe("the difference of two names", () => {
  const marked = (before: string, after: string) => {
    const sides = diffNames(before, after);
    const show = (pieces: typeof sides.before) =>
      pieces
        .map(({ text, how }) => (how === "changed" ? `[${text}]` : how === "recased" ? `(${text})` : text))
        .join("");
    return [show(sides.before), show(sides.after)];
  };

  test.each([
    ["a.mp3", "a.mp3", "a.mp3", "a.mp3"],
    ["carl_cox-talion.mp3", "Carl Cox.mp3", "(carl)_(cox)-[talion].mp3", "(Carl) (Cox).mp3"],
    ["01 - x y z.mp3", "A - 01 - x z.mp3", "01 - x [y] z.mp3", "[A] - 01 - x z.mp3"],
    ["one two.mp3", "three four.mp3", "[one two].mp3", "[three four].mp3"],
  ])("%s → %s", (before, after, left, right) => expect(marked(before, after)).toEqual([left, right]));

  test("every character of both names stays, also of very long ones", () => {
    for (const words of [7, 40, 300]) {
      const [before, after] = [
        Array.from({ length: words }, (_, n) => `w${n % 5}`).join("_"),
        Array.from({ length: words }, (_, n) => `W${n % 7}`).join(" "),
      ];
      const sides = diffNames(before, after);
      expect([sides.before, sides.after].map((pieces) => pieces.map((piece) => piece.text).join(""))).toEqual([
        before,
        after,
      ]);
    }
  });
});

test("work that is asked for often runs once, never twice at once, and once more for what came meanwhile", async () => {
  let running = 0;
  let runs = 0;
  let most = 0;
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const soon = coalesce(async () => {
    most = Math.max(most, ++running);
    runs++;
    if (runs === 1) await first.promise;
    else second.resolve();
    running--;
  }, 0);
  for (let n = 0; n < 50; n++) soon.ask();
  while (runs < 1) await Bun.sleep(5);
  for (let n = 0; n < 50; n++) soon.ask();
  first.resolve();
  await second.promise;
  await Bun.sleep(150);
  soon.stop();
  soon.ask();
  expect([runs, most]).toEqual([2, 1]);
});

test("the tree counts files and bytes of whole branches and sorts by name", () => {
  const file = (name: string, sizeBytes: number) => ({ proposalId: sizeBytes, name, source: `/in/${name}`, sizeBytes });
  const tree = buildTree(
    [
      { path: "music/B", files: [file("10.mp3", 1), file("9.mp3", 2)] },
      { path: "music/A/Disc", files: [file("x.mp3", 4)] },
      { path: "", files: [file("top.mp3", 8)] },
    ],
    "/out",
  );
  expect([tree.fileCount, tree.bytes, tree.files[0]?.name]).toEqual([4, 15, "top.mp3"]);
  const music = tree.folders[0];
  expect(music?.folders.map((folder) => [folder.path, folder.fileCount])).toEqual([
    ["music/A", 1],
    ["music/B", 2],
  ]);
  expect(music?.folders[1]?.files.map((entry) => entry.name)).toEqual(["9.mp3", "10.mp3"]);
});

describe("the page under review", () => {
  const reject = () => Promise.reject(new Error("not asked for"));
  const api = {
    decide: reject,
    editProposal: reject,
    setRule: reject,
    proposal: reject,
    decideThese: reject,
    takeBack: reject,
  };
  const pageOf = (items: ReturnType<typeof cannedProposals>, page_size = 5) => ({
    items,
    total: items.length,
    page: 1,
    page_size,
  });
  const store = () => makeReviewStore({ api, toasts: { say: () => {}, fail: () => {} }, onStale: () => {} });

  test("a fresh page changes rows in place and tells when others have come", () => {
    const review = store();
    const items = cannedProposals(7);
    review.show(pageOf(items.slice(0, 5)));
    const row = review.rows.value[1];
    review.merge(
      pageOf(items.slice(0, 5).map((item) => (item.id === 2 ? { ...item, version: 2, filename: "Other.mp3" } : item))),
      () => true,
    );
    expect([row?.item.value.filename, row?.notice.value, review.outdated.value]).toEqual([
      "Other.mp3",
      "Proposed anew while you looked at it. Look at it again.",
      false,
    ]);
    review.merge(pageOf(items.slice(2, 7)), () => true);
    expect(review.outdated.value).toBe(true);
    expect(review.rows.value.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  });

  test("rows one has decided oneself do not make the list outdated", () => {
    const review = store();
    const items = cannedProposals(7);
    review.show(pageOf(items.slice(0, 5)));
    const decided = review.rows.value[0];
    if (decided) decided.item.value = { ...decided.item.value, status: "approved" };
    review.merge(pageOf(items.slice(1, 6)), (item) => item.status === "pending");
    expect(review.outdated.value).toBe(false);
  });

  test("a reload puts the cursor on the first row that was not there before", () => {
    const review = store();
    const items = cannedProposals(7);
    review.show(pageOf(items.slice(0, 3)));
    review.show(pageOf(items.slice(1, 5)));
    expect([review.currentRow()?.id, review.step(-9)?.id, review.step(99)?.id]).toEqual([4, 2, 5]);
  });
});
