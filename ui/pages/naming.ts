import { html } from "htm/preact";
import { LanguageModel } from "../parts/language-model.ts";
import { Learned } from "../parts/learned.ts";
import { TemplateList } from "../parts/template-list.ts";

/** How Phaze names things. */
export function Naming() {
  return html`<div class="page-head"><h1>Naming</h1></div>
    <div class="cards"><${Learned} /><${LanguageModel} /></div>
    <${TemplateList} />`;
}
