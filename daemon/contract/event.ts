/** One change of state, as the panel and other listeners see it. */
export interface PhazeEvent {
  id: number;
  type: "run" | "file" | "scan" | "proposal" | "batch" | "pipeline" | "naming" | "llm" | "reset";
  data: Record<string, unknown>;
}
