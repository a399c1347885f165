import { examine } from "../doctor.ts";
import { sidecarsOf } from "../fingerprints.ts";
import { silentLog } from "../log.ts";
import { ffprobeStatus, findProgram } from "../services.ts";
import { makeSound } from "../sound.ts";
import type { Command } from "./command.ts";
import { lookAtModel, recommendedLines } from "./language-model.ts";
import { printJson } from "./review.ts";

const longestLookMs = 12_000;
const signs = { ok: "✓", warning: "!", problem: "✗" } as const;

export const doctor: Command = {
  name: "doctor",
  summary: "Check what Phaze needs and say how to mend what is amiss",
  usage: "",
  async run({ io, json, config }) {
    const settings = config();
    const { reply, status } = await lookAtModel(settings, longestLookMs);
    const sound = await makeSound(settings);
    await sound.close();
    const sidecars = sidecarsOf(settings, silentLog, () => {});
    const others = [...sound.services(), ...sidecars.services()];
    const services = [status, ffprobeStatus(findProgram("ffprobe")), ...others];
    const checks = examine(settings, services);
    if (json) printJson(io, { checks, languageModel: reply });
    else {
      for (const check of checks)
        io.out(`${signs[check.level]} ${check.name}: ${check.detail}${check.fix ? `\n    ${check.fix}` : ""}\n`);
      for (const line of recommendedLines(reply)) io.out(`${line}\n`);
    }
    return checks.some((check) => check.level === "problem") ? 1 : 0;
  },
};
