import { describe, expect, test } from "bun:test";
import { agreedDate, applyOrder, findDates, learnOrder } from "../../daemon/naming/dates.ts";
import { groupOf } from "../../daemon/naming/group.ts";
import { fixCase, isSimilar, plainText, stripEmoji, titleCase } from "../../daemon/naming/text.ts";

describe("plain text", () => {
  const table: [string, string][] = [
    ["Sven VÃ¤th", "Sven Väth"],
    ["Sven VÃƒÂ¤th", "Sven Väth"],
    ["Sigur RÃ³s", "Sigur Rós"],
    ["donâ€™t", "don’t"],
    ["Ìóìèé Òðîëëü", "Мумий Тролль"],
    ["РљРёРЅРѕ", "Кино"],
    ["Âme", "Âme"],
    ["Café Ñandú", "Café Ñandú"],
    ["ÆØÅ", "ÆØÅ"],
    ["Motörhead", "Motörhead"],
    ["Ünder ÄÖ Ü", "Ünder ÄÖ Ü"],
    ["Simon &amp; Garfunkel", "Simon & Garfunkel"],
    ["Guns N&#39; Roses", "Guns N' Roses"],
    ["100% Pure", "100% Pure"],
    ["A%20B%C3%A9", "A Bé"],
    ["A ｜ B： C？", "A | B: C?"],
    ["Bjo\u0308rk", "Björk"],
  ];
  for (const [text, plain] of table) test(JSON.stringify(text), () => expect(plainText(text)).toBe(plain));
  test("emoji go, letters of any script stay", () => expect(stripEmoji("ループ 🔥🔥 ❤️ ok 🇩🇪")).toBe("ループ ok"));
});

describe("capitals", () => {
  test("title case keeps joiners low", () => {
    expect(titleCase("CARL COX B2B ADAM BEYER VS. X FT. Y")).toBe("Carl Cox b2b Adam Beyer vs. X ft. Y");
    expect(titleCase("(don't) stop - kung-fu")).toBe("(Don't) Stop - Kung-Fu");
  });
  test("a mixed whole is left alone; better-cased evidence and known spellings win", () => {
    expect(fixCase("M83", "M83 - Midnight City", [])).toBe("M83");
    expect(fixCase("carl cox", "carl cox - live", [])).toBe("Carl Cox");
    expect(fixCase("surgeon", "surgeon - live", ["SURGEON", "by Surgeon himself"])).toBe("Surgeon");
    expect(fixCase("deadmau5", "deadmau5 - strobe", [])).toBe("deadmau5");
    expect(fixCase("ASIAN DUB", "ASIAN DUB ループ", [])).toBe("ASIAN DUB");
  });
  test("similar texts", () => {
    expect(isSimilar("AC/DC", "ac dc")).toBe(true);
    expect(isSimilar("Variation 5", "Goldberg Variations, BWV 988: Variation 5")).toBe(true);
    expect(isSimilar("Odessa", "Melody Day")).toBe(false);
    expect(isSimilar("Act 1", "Parsifal: Act I")).toBe(true);
  });
});

describe("dates", () => {
  const table: [string, (string | undefined)[]][] = [
    ["x 2015-03-04 y", ["2015-03-04"]],
    ["20150304", ["2015-03-04"]],
    ["03-04-2015", ["2015-xx-xx"]],
    ["07-07-2007", ["2007-07-07"]],
    ["25.12.2009", ["2009-12-25"]],
    ["12/25/2009", ["2009-12-25"]],
    ["25.12.09", ["2009-12-25"]],
    ["05.06.10", [undefined]],
    ["gd77-05-08", ["1977-05-08"]],
    ["8th of July 2000", ["2000-07-08"]],
    ["November 22, 1997", ["1997-11-22"]],
    ["3. März 2012", ["2012-03-03"]],
    ["15 août 2010", ["2010-08-15"]],
    ["7 de mayo de 2011", ["2011-05-07"]],
    ["12 maggio 2001", ["2001-05-12"]],
    ["Oct 2008", ["2008-10-xx"]],
    ["2010年5月3日", ["2010-05-03"]],
    ["1998-11-xx", ["1998-11-xx"]],
    ["15-17.07.2016", ["2016-07-xx"]],
    ["31.02.2010", []],
    ["2016-13-45", []],
    ["99 Luftballons 320", []],
    ["1234567890123", []],
  ];
  for (const [text, wanted] of table)
    test(text, () => expect(findDates(text).map((date) => agreedDate(date.readings))).toEqual(wanted));

  test("an order is learned, disagreement is not, and an order settles the rest", () => {
    expect(learnOrder(["a 05.06.2010", "b 24.12.2010"])).toBe("dm");
    expect(learnOrder(["a 12-24-2010"])).toBe("md");
    expect(learnOrder(["a 24-12-2010", "b 12-24-2010"])).toBe("mixed");
    expect(learnOrder(["a 05.06.2010"])).toBeUndefined();
    const [date] = findDates("04-05-2014");
    expect(date && agreedDate(applyOrder(date, "md"))).toBe("2014-04-05");
    expect(date && agreedDate(applyOrder(date, "dm"))).toBe("2014-05-04");
  });
});

describe("release groups", () => {
  const table: [string, string, string[], string | undefined][] = [
    ["a-live_at_b-sat-09-20-2016-talion", "", [], "talion"],
    ["a-live_at_b-2016", "", [], undefined],
    ["a.live.2009.720p.x264-XYZ", "", [], "xyz"],
    ["01-artist-title", "", [], undefined],
    ["01-artist-title-abc", "Artist-Album-2004-ABC", [], "abc"],
    ["Artist - Jean-Michel", "", [], undefined],
    ["Jay-Z", "", [], undefined],
    ["some_artist_-_slow_song-KLNK", "", [], "klnk"],
    ["some_artist_-_slow_song-VIP", "", [], undefined],
    ["Some_Artist_-_Slow_Song-KLNK", "", [], undefined],
    ["show (2010-06-11) [TALiON]", "", [], "talion"],
  ];
  for (const [name, folder, siblings, group] of table)
    test(name, () => expect(groupOf(name, folder, siblings)).toBe(group));
});
