import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { EnrolRequest } from "../../model/activities.ts";
import type { DroneFacts } from "../../model/fleet.ts";

function proofOf(token: string, { name, id }: { name: string; id: string }, nonce: string): string {
  return createHmac("sha256", token).update(`${name}\n${id}\n${nonce}`).digest("hex");
}

/** A drone's request to be let in. The token proves itself without travelling: what workflows see lies in their history. */
export function enrolRequest(token: string, facts: DroneFacts): EnrolRequest {
  const nonce = randomBytes(16).toString("hex");
  return { facts, nonce, proof: proofOf(token, facts, nonce) };
}

/** Whether a request was made with the swarm's token. */
export function checkProof(token: string, request: EnrolRequest): boolean {
  const expected = Buffer.from(proofOf(token, request.facts, request.nonce));
  const received = Buffer.from(request.proof);
  return expected.length === received.length && timingSafeEqual(expected, received);
}
