import { html } from "htm/preact";
import { camelotHue } from "../camelot.ts";

/** A place on the wheel of keys, in the wheel's colour. */
export function KeyChip({ code }: { code: string }) {
  return html`<span class=${`chip camelot ${code.endsWith("B") ? "major" : "minor"}`} style=${{ "--hue": camelotHue(code) }}>${code}</span>`;
}
