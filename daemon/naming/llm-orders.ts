import type { NamingInput } from "../contract/naming.ts";
import { extensionOf } from "./clean-name.ts";
import { isHostile } from "./noise.ts";

const remarkTags = /^(?:comment|description|url|purl|website|encodedBy|lyrics|synopsis)$/i;

/** Words to put aside, near words for what is put aside, in the languages most music comes with. */
const orders = new RegExp(
  [
    "\\b(?:ignor|disregard|forget|overrid|bypass)\\w*.{0,60}\\b(?:instructions?|prompts?|rules|guidelines|commands)\\b",
    "\\b(?:ignorier|missacht|vergiss|vergess|beacht)\\w*.{0,60}(?:anweisung|instruktion|befehl|vorgabe|regeln|anleitung)",
    "\\b(?:ignor|oubli|neglig|néglig)\\w*.{0,60}(?:instruction|consigne|règles|regles|ordres)",
    "\\b(?:ignor|olvid|descart|desconsider|esque[cç]|dimentic|trascur)\\w*.{0,60}(?:instruc|instruç|istruzion|órdenes|ordenes|reglas|regras|regole|indicacion|comandos)",
    "\\b(?:negeer|vergeet)\\w*.{0,60}(?:instructie|opdracht|regels)",
    "(?:ignoruj|zapomnij|ignorera|ignorér|ignorer|glöm|glem)\\S*.{0,60}(?:instrukcj|polece|instruktion|instruks|regler)",
    "(?:önceki|yukarıdaki|tüm).{0,40}(?:talimat|yönerge|komut)",
    "(?:игнорир|забудь|ігнор|забудьте|не обращай)\\S*.{0,60}(?:инструкц|указан|правил|команд|інструкц|вказів)",
    "(?:忽略|无视|忽視|無視|忘记|忘記).{0,20}(?:指令|指示|说明|說明|规则|規則|提示)",
    "(?:指示|命令|ルール|プロンプト).{0,12}(?:無視|忘れ)",
    "(?:지시|명령|지침|규칙).{0,12}(?:무시|잊)",
    "(?:تجاهل|انس).{0,40}(?:تعليمات|التعليمات|أوامر|الأوامر|القواعد)",
    "\\b(?:set|change|replace|put|rename|write)\\b.{0,15}\\b(?:artist|title|album|event|venue|kind|fields?|file ?name)s?\\b.{0,12}(?:\\bto\\b|\\bas\\b|\\bwith\\b|\\binto\\b|=)",
    "\\b(?:answer|respond|reply|output|return)\\b.{0,20}\\b(?:only|exactly|the following|json|with the)\\b",
    "\\byou (?:are now|must now|must (?:answer|output|set|obey|use)|should (?:answer|output))\\b",
    "\\b(?:as an ai\\b|language model|jailbreak|new instructions?\\b|note to (?:the )?(?:ai|model|assistant))",
    '["“](?:artist|title|album|event|venue|stage|fields|items|kind|index)["”]\\s*:',
    "<\\|?\\s*(?:im_start|im_end|system|endoftext|start_of_turn|end_of_turn|eot_id)|\\[/?inst\\]|^\\s*#{2,}\\s*(?:instruction|system|response)",
  ].join("|"),
  "iu",
);

/** Text that speaks to whoever reads it, in place of describing a recording: an order, a prompt, an answer's own form. */
export function isOrder(text: string): boolean {
  const plain = text.normalize("NFKC").replace(/\p{Cf}/gu, "");
  return isHostile(plain) || orders.test(plain);
}

/** Everything before the first line that gives an order: what follows such a line belongs to it. */
function beforeOrders(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  const at = lines.findIndex((line, index) => {
    const next = lines[index + 1] ?? "";
    return isOrder(line) || (isOrder(`${line} ${next}`) && !isOrder(next));
  });
  return (at < 0 ? lines : lines.slice(0, at)).join("\n");
}

/** A path without the parts that give orders; the extension stays. */
function trustedPath(path: string): string {
  const parts = path.split("/");
  const bare = `_${extensionOf(path)}`;
  const kept = parts.filter((part, index) => index === parts.length - 1 || !isOrder(part));
  if (isOrder(parts.at(-1) ?? "")) kept[kept.length - 1] = bare;
  // An order may be spread over folders.
  return isOrder(kept.join(" ")) ? bare : kept.join("/");
}

/** The input without remarks and without what gives orders: only what names the recording supports a value. */
export function trustedInput(input: NamingInput): NamingInput {
  const tags = Object.entries(input.tags).filter(([key, text]) => !remarkTags.test(key) && !isOrder(text));
  const companions = input.companions.map(({ name, text }) => ({
    name: isOrder(name) ? "text" : name,
    text: beforeOrders(text),
  }));
  return {
    ...input,
    path: trustedPath(input.path),
    tags: Object.fromEntries(tags),
    companions,
    siblings: input.siblings.filter((name) => !isOrder(name)),
  };
}
