/** What the bytes 0x80–0xFF of a one-byte table mean. `cp437` is the DOS table in which nfo artists drew. */
export const codePages = ["windows-1252", "cp437", "windows-1251", "koi8-r", "ibm866"] as const;
export type CodePage = (typeof codePages)[number];

/** What the bytes 0x80–0xFF mean under DOS. */
export const dosHigh =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
  "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

/** Text of bytes in a one-byte table; bytes below 0x80 are ASCII in all of them. */
export function decodeCodePage(bytes: Uint8Array, page: CodePage): string {
  if (page !== "cp437") return new TextDecoder(page).decode(bytes);
  return new TextDecoder("latin1")
    .decode(bytes)
    .replace(/[^\0-\x7F]/g, (_, at: number) => dosHigh.charAt((bytes[at] ?? 0x80) - 0x80));
}
