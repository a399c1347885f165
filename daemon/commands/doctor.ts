import { examine } from "../doctor.ts";
import { sidecarsOf } from "../fingerprints.ts";
import { silentLog } from "../log.ts";
import { makeLanguageModel } from "../model.ts";
import { ffprobeStatus, findProgram } from "../services.ts";
import { makeSound } from "../sound.ts";
import type { Command } from "./command.ts";
import { printJson } from "./review.ts";

const signs = { ok: "✓", warning: "!", problem: "✗" } as const;

export const doctor: Command = {
  name: "doctor",
  summary: "Check what Phaze needs and say how to mend what is amiss",
  usage: "",
  async run({ io, json, config }) {
    const settings = config();
    const model = makeLanguageModel(settings, silentLog, { onReturn() {} });
    await model.check();
    model.stop();
    const sound = await makeSound(settings);
    await sound.close();
    const sidecars = sidecarsOf(settings, silentLog, () => {});
    const others = [...sound.services(), ...sidecars.services()];
    const services = [model.status(), ffprobeStatus(findProgram("ffprobe")), ...others];
    const checks = examine(settings, services);
    if (json) printJson(io, { checks });
    else
      for (const check of checks)
        io.out(`${signs[check.level]} ${check.name}: ${check.detail}${check.fix ? `\n    ${check.fix}` : ""}\n`);
    return checks.some((check) => check.level === "problem") ? 1 : 0;
  },
};
