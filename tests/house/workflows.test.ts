import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { YAML } from "bun";
import { z } from "zod";
import { readPackage, readText, root } from "./repository.ts";

const jobSchema = z.looseObject({
  uses: z.string().optional(),
  permissions: z.record(z.string(), z.enum(["read", "write"])),
  "timeout-minutes": z.number().optional(),
  steps: z
    .array(
      z.looseObject({ uses: z.string().optional(), run: z.string().optional(), with: z.looseObject({}).optional() }),
    )
    .optional(),
});
const workflowSchema = z.looseObject({
  permissions: z.strictObject({}),
  concurrency: z.looseObject({ group: z.string() }),
  jobs: z.record(z.string(), jobSchema),
});

const folder = ".github/workflows";
const files = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const steps = (workflow: z.infer<typeof workflowSchema>) =>
  Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);

describe.each(files)("%s", (file) => {
  const text = readText(file);
  const workflow = workflowSchema.parse(YAML.parse(text));

  test("pins every action to a commit, with its version beside it", () => {
    for (const [, action] of text.matchAll(/uses: (\S+.*)$/gm)) {
      expect(action).toMatch(/^(\.\/\.github\/workflows\/[a-z]+\.yml|[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
  });

  test("limits the time of every job", () => {
    for (const job of Object.values(workflow.jobs))
      if (job.steps) expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
  });

  test("may write nothing but findings of the static analysis", () => {
    for (const job of Object.values(workflow.jobs)) {
      for (const [name, right] of Object.entries(job.permissions))
        if (right === "write") expect(name).toBe("security-events");
    }
  });

  test("leaves no credentials in the checkout", () => {
    for (const step of steps(workflow))
      if (step.uses?.startsWith("actions/checkout@")) expect(step.with?.["persist-credentials"]).toBe(false);
  });

  test("puts no text of an event into a shell", () => {
    for (const step of steps(workflow)) expect(step.run ?? "").not.toMatch(/\$\{\{\s*github\.(event|head_ref)/);
  });
});

test("the workflows call the README's commands", () => {
  const text = readText(`${folder}/test.yml`);
  for (const command of ["npm start", "npm test", "bun start", "bun test", "npm run test-cov"])
    expect(text).toContain(command);
});

test("one action has one version everywhere", () => {
  const pins = new Set(
    files.flatMap((file) =>
      [...readText(file).matchAll(/uses: ([\w-]+\/[\w-]+)[\w/-]*@(\S+)/g)].map(([, name, sha]) => `${name}@${sha}`),
    ),
  );
  const names = [...pins].map((pin) => pin.split("@")[0]);
  expect(names.length).toBe(new Set(names).size);
});

test("commit hooks call tools that package.json has", () => {
  const { devDependencies } = readPackage();
  const text = readText("lefthook.yml");
  expect(text).toContain("node_modules/.bin/biome");
  expect(text).toContain("node_modules/.bin/tsc");
  for (const name of ["lefthook", "@biomejs/biome", "typescript"]) expect(devDependencies[name]).toBeString();
});
