import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { HookConfig } from "../config/schema.ts";
import { messageOf, Unanswered } from "../model/errors.ts";
import { startOrQueue } from "../operations/queue.ts";
import { readRun } from "../operations/readModel.ts";
import { runOfOrder } from "../operations/runs.ts";
import { HttpError } from "./errors.ts";
import type { Services } from "./services.ts";

/** Of a request to a hook: what counts. */
export interface Delivery {
  body: Buffer;
  /** `sha256=` and hexadecimal digits, as GitHub, Gitea and Forgejo send it. */
  signature: string | undefined;
  /** The sender's name of this delivery; the same when it is sent again. */
  id: string | undefined;
  /** `push`, `ping` ...; absent: a sender that knows no kinds. */
  event: string | undefined;
}

/** What a hook did. */
export interface HookAnswer {
  done: "started" | "queued" | "already" | "nothing";
  /** The run that it started, now or before, or that what it orders begins after. */
  run: string | null;
  text: string;
}

/** A secret shorter than this can be guessed. characters */
const SHORTEST_SECRET = 16;
/** Starts what others ask for by a signed request: each delivery once, whoever sends it how often to which gateway. */
export class Hooks {
  readonly #services: Services;
  /** What is under way in this process, by hook and delivery: one push may be meant for several hooks. */
  readonly #underWay = new Map<string, Promise<HookAnswer>>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** HttpError: there is no such hook. */
  named(name: string): HookConfig {
    const hook = this.#services.config.gateway.hooks.find((each) => each.name === name);
    if (!hook) throw new HttpError(404, `there is no hook ${name}`, "Configure it: [[gateway.hook]] in swarm.toml");
    return hook;
  }

  /** HttpError: the signature is wrong. */
  async deliver(hook: HookConfig, delivery: Delivery): Promise<HookAnswer> {
    const { name } = hook;
    await this.#verify(hook, delivery);
    const reason = notMeant(hook, delivery);
    if (reason !== null) return { done: "nothing", run: null, text: reason };
    // The name of a delivery is not signed, its body is: either makes two the same.
    const digest = createHash("sha256").update(delivery.body).digest("hex").slice(0, 32);
    const key = `${name}/${digest}`;
    const known = this.#underWay.get(key);
    if (known) return known;
    const order = `hook/${name}/${digest}/${delivery.id?.slice(0, 80) ?? ""}`;
    const answer = this.#start(hook, order).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answer);
    return await answer;
  }

  async #verify({ name, secretFile }: HookConfig, { body, signature }: Delivery): Promise<void> {
    const secret = await readFile(secretFile, "utf8").catch((error: unknown) => {
      this.#services.log(`hook ${name}: cannot read its secret: ${messageOf(error)}`);
      throw new HttpError(503, `the hook ${name} has no secret yet`, "The gateway's log says why.");
    });
    if (secret.trim().length < SHORTEST_SECRET) {
      this.#services.log(`hook ${name}: its secret has fewer than ${SHORTEST_SECRET} characters`);
      throw new HttpError(503, `the hook ${name} has no good secret`, "The gateway's log says why.");
    }
    const expected = createHmac("sha256", secret.trim()).update(body).digest();
    const given = Buffer.from(/^sha256=([0-9a-f]{64})$/i.exec(signature ?? "")?.[1] ?? "0".repeat(64), "hex");
    if (timingSafeEqual(expected, given)) return;
    throw new HttpError(
      401,
      "the signature is wrong or missing",
      "Sign the body with the hook's secret: X-Hub-Signature-256.",
    );
  }

  async #start({ name, target }: HookConfig, order: string): Promise<HookAnswer> {
    const client = await this.#services.access.client();
    const before = await runOfOrder(client, target, (other) => isSame(order, other));
    if (before !== null) return { done: "already", run: before, text: `this delivery has started ${before} already` };
    const { run: now, runProblem } = await readRun(client, target);
    if (runProblem !== null) throw new Unanswered(runProblem);
    const queued = now?.endedAt === null ? (now.queued ?? []) : [];
    if (now && queued.some(({ orders = [] }) => orders.some((other) => isSame(order, other)))) {
      return { done: "already", run: now.run, text: `this delivery is queued already, for when ${now.run} has ended` };
    }
    const access = this.#services.access.as(`hook ${name}`);
    const options = { sync: true, dryRun: false, skipUnresolvable: false, autoFinalize: false, acceptFailed: false };
    const { outcome, run } = await startOrQueue(access, { target, atoms: ["@world"], options, order });
    this.#services.watchers.refresh();
    switch (outcome) {
      case "started":
        return { done: "started", run, text: `started ${run}` };
      case "queued":
        return { done: "queued", run, text: `${run} is in progress: an update begins when it has ended` };
      case "already":
        return { done: "already", run, text: `this delivery has started ${run}, or is queued in it already` };
    }
  }
}

/** Whether two orders of hooks are of one delivery: its body or its name is the same. */
function isSame(order: string, other: string): boolean {
  const [, , digest, ...id] = order.split("/");
  const [kind, , otherDigest, ...otherId] = other.split("/");
  return kind === "hook" && (otherDigest === digest || (id.join("/") !== "" && id.join("/") === otherId.join("/")));
}

/** Why a delivery is none that a hook acts on; null: it is one. */
function notMeant({ ref }: HookConfig, { event, body }: Delivery): string | null {
  if (event !== undefined && event !== "push") return `nothing is done at a ${event}`;
  if (ref === null) return null;
  const pushed = refOf(body);
  return pushed === ref ? null : `nothing is done at a push to ${pushed ?? "an unknown ref"}: only to ${ref}`;
}

function refOf(body: Buffer): string | null {
  try {
    const said: unknown = JSON.parse(body.toString("utf8"));
    return typeof said === "object" && said !== null && "ref" in said && typeof said.ref === "string" ? said.ref : null;
  } catch {
    return null;
  }
}
