/** Does to a fresh store what it answers for, and writes a line to stdout after each answer: `syncedChild.ts DIRECTORY`. */
import { writeSync } from "node:fs";
import { expectedOf, makeGpkg } from "../../bench/gpkgMaker.ts";
import { newStore, offer, stagePackage, TARGET } from "../store/support.ts";

const [directory = ""] = process.argv.slice(2);
const answered = (what: string): void => void writeSync(1, `answered: ${what}\n`);

const { store, bundle } = await newStore(directory);
answered("a target");
const hello = { cpv: "app-misc/hello-1.0" };
await stagePackage(store, "desktop-1", hello);
answered("an artifact that is accepted");
await stagePackage(store, "desktop-2", hello);
answered("the same one for another run");
const other = { cpv: "dev-libs/libalpha-1.0" };
const refused = await offer(store, "desktop-1", await makeGpkg(other), expectedOf(hello));
if (!("rejected" in refused)) throw new Error("it was accepted");
answered("one that is refused");
const order = { target: TARGET, tree: "t", bundle, run: "desktop-1", createdAt: "2026-01-01T00:00:00.000Z" };
const { id } = await store.publish(order);
answered("a publish");
await stagePackage(store, "desktop-2", other);
await store.publish({ ...order, run: "desktop-2", createdAt: "2026-01-02T00:00:00.000Z" });
answered("the next one");
await store.rollback(TARGET, id);
answered("a rollback");
const key = { run: "desktop-1", cpv: "app-misc/hello-1.0", attempt: 1 };
await store.logs.append(key, { begun: 1, offset: 0 }, Buffer.from("a line\n"));
await store.logs.complete(key, { begun: 1, size: 7, failed: null });
answered("a log that is complete");
