import { type Claim, claim } from "./claims.ts";
import type { Context } from "./context.ts";
import {
  agreedDate,
  applyOrder,
  type DateReading,
  type DayMonthOrder,
  type FoundDate,
  findDates,
  findYears,
  learnOrder,
} from "./dates.ts";
import { groupOf } from "./group.ts";
import type { SetReading } from "./set-reading.ts";
import { plainText } from "./text.ts";

interface DatePlace {
  readonly source: Claim["source"];
  readonly text: string;
  readonly readings: readonly DateReading[];
  readonly weight: number;
}

/** Who showed the order of day and month, and where. */
interface LearnedOrder {
  readonly order: DayMonthOrder;
  readonly source: Claim["source"];
  readonly text: string;
}

/**
 * The order of day and month that a person has taught, or else that siblings show (rule 11): those of the same release group, or, when no other file
 * carries a group, all of them; or else other files of the group. Disagreement teaches nothing.
 */
export function siblingOrder(context: Context): LearnedOrder | undefined {
  const taught = context.library.dateOrder(context.dirs.join("/"), context.group);
  if (taught)
    return {
      order: taught,
      source: "library",
      text: taught === "dm" ? "The day comes first here" : "The month comes first here",
    };
  const grouped = context.siblings.map((sibling) => ({ sibling, group: groupOf(sibling) }));
  const same = context.group ? grouped.filter(({ group }) => group === context.group) : [];
  const usable = same.length > 0 ? same : grouped.every(({ group }) => group === undefined) ? grouped : [];
  const order = learnOrder(usable.map(({ sibling }) => plainText(sibling)));
  const { groupOrder } = context.input;
  if (order === undefined && groupOrder) return { ...groupOrder, source: "sibling" };
  if (order === undefined || order === "mixed") return undefined;
  const text = usable.find(({ sibling }) =>
    findDates(plainText(sibling)).some((date) => date.order === order),
  )?.sibling;
  return { order, source: "sibling", text: text ?? "" };
}

function placesOf(
  dates: readonly FoundDate[],
  source: Claim["source"],
  weight: number,
  order: DayMonthOrder | undefined,
): DatePlace[] {
  return dates.slice(0, 3).map((date) => ({
    source,
    text: date.text,
    weight,
    readings: order ? applyOrder(date, order) : date.readings,
  }));
}

/** Dates that companions give for the performance; those of rips and releases are never read. */
function companionPlaces(context: Context): DatePlace[] {
  return context.companions.flatMap((companion) => {
    const { performed, title, event } = companion.fields;
    const keyed = [performed, title, event].flatMap((text) => (text ? findDates(text) : []));
    const heads = keyed.length > 0 ? [] : companion.headlines.slice(0, 8).flatMap((line) => findDates(line));
    const dates = [...keyed, ...heads];
    const years = dates.length > 0 || !performed ? [] : findYears(performed).map(({ year }) => year);
    return [...placesOf(dates, "companion", 0.8, undefined), ...yearPlaces(years, "companion", performed ?? "", 0.7)];
  });
}

function yearPlaces(years: readonly number[], source: Claim["source"], text: string, weight: number): DatePlace[] {
  return years.slice(-1).map((year) => ({ source, text, weight, readings: [{ year, month: 0, day: 0 }] }));
}

function tagPlaces(context: Context): DatePlace[] {
  const { date, year } = context.tags;
  if (context.isUpload) return [];
  if (date) {
    const [y = 0, m = 0, d = 0] = date.split("-").map(Number);
    return [{ source: "tag", text: `date: ${date}`, weight: 0.6, readings: [{ year: y, month: m, day: d }] }];
  }
  const comment = context.input.tags.comment ?? "";
  const [told] = /\b(?:recorded|played|performed|broadcast|aired|aufgenommen|enregistré)\b/i.test(comment)
    ? findDates(comment)
    : [];
  const sure =
    told?.readings.length === 1
      ? [{ source: "tag" as const, text: `comment: ${comment.slice(0, 200)}`, weight: 0.6, readings: told.readings }]
      : [];
  return [...sure, ...(year ? yearPlaces([Number(year)], "tag", `year: ${year}`, 0.5) : [])];
}

function fits(known: DateReading, other: DateReading): boolean {
  const agree = (a: number, b: number) => a === 0 || b === 0 || a === b;
  return known.year === other.year && agree(known.month, other.month) && agree(known.day, other.day);
}

/** Narrows readings by a place that is itself certain; a contradiction leaves them alone. */
function narrow(readings: readonly DateReading[], by: DatePlace): readonly DateReading[] {
  const [sure] = by.readings;
  if (by.readings.length !== 1 || !sure) return readings;
  const kept = readings.filter((reading) => fits(reading, sure));
  if (kept.length === 0) return readings;
  return kept.map((reading) => ({
    year: reading.year,
    month: reading.month === 0 ? sure.month : reading.month,
    day: reading.day === 0 ? sure.day : reading.day,
  }));
}

function settleDate(context: Context, places: readonly DatePlace[], helpers: readonly DatePlace[]): Claim[] {
  const [first] = places;
  if (!first) return [];
  let readings = first.readings;
  const used: DatePlace[] = [];
  for (const helper of [...places.slice(1), ...helpers]) {
    const before = readings;
    readings = narrow(readings, helper);
    if (agreedDate(readings) !== agreedDate(before)) used.push(helper);
  }
  const value = agreedDate(readings);
  if (!value) return [];
  if (readings.length > 1)
    context.notes.push(`The date "${first.text}" can be read in two ways; only what both share was kept.`);
  const against = [...places.slice(1), ...helpers].flatMap((place) => {
    const other = place.readings.length === 1 && place.readings[0]?.day ? agreedDate(place.readings) : undefined;
    const contradicts =
      other !== undefined && !readings.some((reading) => place.readings.some((r) => fits(reading, r)));
    return contradicts ? claim(other, place.source, place.text, place.weight / 2) : [];
  });
  return [
    ...claim(value, first.source, first.text, first.weight),
    ...against,
    ...used.flatMap((place) => claim(value, place.source, place.text, place.weight)),
  ];
}

/** The dates of a name; a download tool's day of upload in front is none when the name gives another year. */
function performedDates(context: Context, { dates, years }: SetReading): readonly FoundDate[] {
  const [first, ...others] = dates;
  if (!first || !context.isUpload || !/^\d{8}(?!\d)/.test(context.stem) || first.start > 0) return dates;
  const told = [...years, ...others.flatMap((date) => date.readings.map(({ year }) => year))];
  return told.length > 0 && !told.includes(first.readings[0]?.year ?? 0) ? others : dates;
}

/** The date of a performance: names first, then companions, folders, tags; each may only narrow what stands before. */
export function resolveDate(
  context: Context,
  stem: SetReading,
  title: SetReading | undefined,
  folder: SetReading | undefined,
): Claim[] {
  const learned = siblingOrder(context);
  const order = learned?.order;
  const named = [
    ...placesOf(performedDates(context, stem), "filename", 0.8, order),
    ...placesOf(title?.dates ?? [], "tag", 0.7, order),
  ];
  const companions = companionPlaces(context);
  const folders = placesOf(folder?.dates ?? [], "folder", 0.65, undefined);
  const parents = context.dirs.slice(0, -1).flatMap((dir) => placesOf(findDates(dir), "folder", 0.5, undefined));
  const years = [
    ...yearPlaces(stem.years, "filename", stem.plain, 0.7),
    ...yearPlaces(title?.years ?? [], "tag", title?.plain ?? "", 0.65),
    ...yearPlaces(folder?.years ?? [], "folder", folder?.plain ?? "", 0.6),
    ...yearPlaces(
      context.dirs.flatMap((dir) => findYears(dir).map(({ year }) => year)),
      "folder",
      context.dirs.join("/"),
      0.5,
    ),
  ];
  const performed = [...named, ...companions, ...folders, ...parents];
  const full = performed.filter((place) => place.readings.length > 0);
  const all = full.length > 0 ? full : years;
  const dates = settleDate(context, all, [...years, ...tagPlaces(context)]);
  const found =
    dates.length > 0 ? dates : settleDate(context, years.length > 0 ? years : tagPlaces(context), tagPlaces(context));
  if (learned && found[0] && stem.dates.some((date) => date.readings.length > 1)) {
    return [...found, ...claim(found[0].value, learned.source, learned.text, 0.7)];
  }
  return found;
}
