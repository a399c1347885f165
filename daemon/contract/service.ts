/** Something Phaze uses when it is there, and what its absence costs. */
export interface ServiceStatus {
  name: string;
  ok: boolean;
  detail: string;
  cost: string | null;
  remedy: string | null;
}
