import { html } from "htm/preact";
import { TemplateList } from "../parts/template-list.ts";

/** How Phaze names things. */
export function Naming() {
  return html`<div class="page-head"><h1>Naming</h1></div>
    <${TemplateList} />`;
}
